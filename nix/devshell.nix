# nix develop: everything that noxfile.py looks for, so that it installs nothing. A Docker engine must run by itself.
{ pkgs }:
let
  inherit (pkgs) lib;
in
pkgs.mkShell {
  packages = [
    pkgs.go
    (pkgs.python3.withPackages (python: [
      python.nox
      python.pyflakes
    ]))
    pkgs.gitMinimal
    pkgs.nix
    pkgs.shellcheck
    pkgs.postgresql
    pkgs.mariadb
    pkgs.pgbouncer
    pkgs.docker-client # with the plugins compose and buildx
    pkgs.skopeo
  ]
  ++ lib.optionals pkgs.stdenv.hostPlatform.isLinux [ pkgs.chromium ];

  env = {
    GOTOOLCHAIN = "local"; # the Go of this shell, never one that it downloads
  };
}
