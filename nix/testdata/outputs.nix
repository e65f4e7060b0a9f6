# What flake.nix offers, without nixpkgs: of each package the file that it comes from and what that is called with.
# As strict as the real ones, the stand-ins here have nothing but what flake.nix and packages.nix use.
let
  pairs =
    names: make:
    builtins.listToAttrs (
      map (name: {
        inherit name;
        value = make name;
      }) names
    );
  lib = {
    genAttrs = pairs;
    mapAttrs = builtins.mapAttrs;
    mapAttrs' =
      make: set:
      builtins.listToAttrs (builtins.map (name: make name set.${name}) (builtins.attrNames set));
    nameValuePair = name: value: { inherit name value; };
    optionalAttrs = condition: set: if condition then set else { };
    mkDefault = content: { inherit content; };
  };
  pkgsOf =
    system:
    let
      parts = builtins.match "([a-z0-9_]+)-([a-z]+)" system;
    in
    {
      inherit lib;
      stdenv.hostPlatform = {
        inherit system;
        isLinux = builtins.elemAt parts 1 == "linux";
        parsed.cpu.name = builtins.elemAt parts 0;
      };
      nixfmt-tree = "nixfmt-tree";
      mkShell = _: "shell";
      callPackage =
        file: given:
        if baseNameOf file == "package.nix" then
          "package.nix ${given.revision} ${given.goarch or "own"}"
        else
          {
            archive = "archive of ${given.vitrine}";
            stream = "stream of ${given.vitrine}";
          };
    };
  systems = [
    "x86_64-linux"
    "aarch64-linux"
    "x86_64-darwin"
    "aarch64-darwin"
  ];
  self = outputs // {
    rev = "0123456789abcdef";
  };
  flake = import ../../flake.nix;
  outputs = flake.outputs {
    inherit self;
    nixpkgs = {
      inherit lib;
      legacyPackages = pairs systems pkgsOf;
    };
  };
  module = outputs.nixosModules.default { pkgs = pkgsOf "aarch64-linux"; };
in
{
  inherit (outputs) packages devShells formatter;
  outputs = builtins.attrNames outputs;
  checks = builtins.attrNames outputs.checks;
  imports = map toString module.imports;
  package = module.services.vitrine.package.content;
}
