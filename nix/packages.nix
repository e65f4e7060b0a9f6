# What the flake builds on one system. Everywhere the program; on Linux also the images, of this machine and of others.
{ pkgs, revision }:
let
  inherit (pkgs) lib;
  vitrine = pkgs.callPackage ./package.nix { inherit revision; };

  # The machines that images are for: as Nix names them, and as Go and images do.
  machines = {
    x86_64 = "amd64";
    aarch64 = "arm64";
  };
  programs = lib.mapAttrs (
    _: goarch: pkgs.callPackage ./package.nix { inherit revision goarch; }
  ) machines;
  images = lib.mapAttrs (_: program: pkgs.callPackage ./image.nix { vitrine = program; }) programs;

  named = prefix: lib.mapAttrs' (machine: lib.nameValuePair "${prefix}-${machine}");
  own = images.${pkgs.stdenv.hostPlatform.parsed.cpu.name};
in
{
  default = vitrine;
  inherit vitrine;
}
// lib.optionalAttrs pkgs.stdenv.hostPlatform.isLinux (
  {
    image = own.archive;
    image-stream = own.stream;
  }
  // named "vitrine" programs
  // named "image" (lib.mapAttrs (_: image: image.archive) images)
)
