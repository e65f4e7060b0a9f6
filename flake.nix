{
  description = "Vitrine: self-hosted digital signage";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";

  outputs =
    { self, nixpkgs }:
    let
      inherit (nixpkgs) lib;
      linux = [
        "x86_64-linux"
        "aarch64-linux"
      ];
      darwin = [
        "x86_64-darwin"
        "aarch64-darwin"
      ];
      each = systems: make: lib.genAttrs systems (system: make nixpkgs.legacyPackages.${system});
      revision = self.rev or self.dirtyRev or "unknown";
    in
    {
      packages = each (linux ++ darwin) (pkgs: import ./nix/packages.nix { inherit pkgs revision; });
      devShells = each (linux ++ darwin) (pkgs: {
        default = import ./nix/devshell.nix { inherit pkgs; };
      });
      formatter = each (linux ++ darwin) (pkgs: pkgs.nixfmt-tree);
      checks = each linux (pkgs: import ./nix/checks.nix { inherit self pkgs; });
      nixosModules.default =
        { pkgs, ... }:
        {
          imports = [
            ./nix/module.nix
            ./nix/kiosk.nix
          ];
          services.vitrine.package = lib.mkDefault self.packages.${pkgs.stdenv.hostPlatform.system}.default;
        };
    };
}
