# nix develop: what noxfile.py looks for, so that it installs nothing, but for the site, which is made by Debian's MkDocs.
# A Docker engine must run by itself.
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
    pkgs.nginx
    pkgs.caddy
  ]
  ++ lib.optionals pkgs.stdenv.hostPlatform.isLinux [
    pkgs.chromium
    pkgs.systemd # systemd-analyze
  ];

  env = {
    GOTOOLCHAIN = "local"; # the Go of this shell, never one that it downloads
  };
}
