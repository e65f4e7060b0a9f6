# What nix flake check builds and runs on a Linux machine.
{ self, pkgs }:
let
  inherit (pkgs) lib;
  packages = self.packages.${pkgs.stdenv.hostPlatform.system};
  written = lib.fileset.toSource {
    root = ../.;
    fileset = lib.fileset.fileFilter (file: file.hasExt "nix") ../.;
  };
in
{
  inherit (packages)
    vitrine
    vitrine-x86_64
    vitrine-aarch64
    image-x86_64
    image-aarch64
    ;

  # Nothing that the program needs at run time is a shell, or could pass for one.
  closure =
    pkgs.runCommand "vitrine-closure"
      { closure = pkgs.closureInfo { rootPaths = [ packages.vitrine ]; }; }
      ''
        if grep -E -e '-(bash|busybox|coreutils|dash|toybox|zsh)[^/]*$' $closure/store-paths; then
          echo "the program needs a shell at run time"
          exit 1
        fi
        cp $closure/store-paths $out
      '';

  formatting = pkgs.runCommand "vitrine-formatting" { nativeBuildInputs = [ pkgs.nixfmt ]; } ''
    find ${written} -name '*.nix' -exec nixfmt --check {} +
    touch $out
  '';

  # The tests that need no server, no browser and no file outside the package's source.
  tests = packages.vitrine.overrideAttrs {
    name = "vitrine-tests";
    doCheck = true;
    checkPhase = ''
      runHook preCheck
      export HOME=$TMPDIR GOFLAGS=''${GOFLAGS//-trimpath/}
      go test ./schema ./src/signage ./src/store ./src/blob ./src/media ./src/web/access ./src/web/player
      runHook postCheck
    '';
  };
}
// lib.genAttrs' [ "sqlite" "postgres" "mariadb" ] (
  database:
  lib.nameValuePair "vm-${database}" (
    pkgs.testers.runNixOSTest (import ./vm.nix { inherit self database; })
  )
)
