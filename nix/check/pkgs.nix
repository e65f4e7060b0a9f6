# Stands for nixpkgs' packages: those that the module names, with what it does with them.
{ lib, package }:
let
  stub = name: {
    type = "derivation";
    inherit name;
    outPath = "/nix/store/${name}";
    meta.mainProgram = name;
  };
in
lib.genAttrs [
  "chromium"
  "coreutils"
  "curl"
  "gnused"
  "mariadb"
  "systemd"
  "wlr-randr"
] stub
// {
  vitrine = stub "vitrine" // {
    outPath = package;
  };

  # how: the script that makes the file, so that a test can look at it.
  writeText =
    name: text:
    stub name
    // {
      inherit name text;
      how = "written";
    };
  runCommand =
    name: _: script:
    stub name // { how = script; };
  writeShellApplication =
    {
      name,
      runtimeInputs,
      text,
    }:
    stub name
    // {
      text = lib.concatStringsSep "\n" ([
        "#!/usr/bin/env bash"
        "set -o errexit"
        "set -o nounset"
        "set -o pipefail"
        "PATH=${lib.makeBinPath runtimeInputs}:$PATH"
        ""
        text
      ]);
    };

  stdenv.hostPlatform = "here";
  stdenv.buildPlatform.canExecute = platform: platform == "here";
}
