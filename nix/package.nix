# The program: one static file. Go compiles for another machine as fast as for this one, so goarch may name any that Go
# knows; only its tests cannot run here then.
{
  lib,
  stdenv,
  buildGoModule,
  go,
  revision ? "unknown", # of the source
  goarch ? go.GOARCH, # as Go names it: amd64, arm64
}:
let
  native = goarch == go.GOARCH;
  builder =
    if native then
      buildGoModule
    else
      buildGoModule.override {
        go = go // {
          GOARCH = goarch;
        };
      };

  # What the program calls itself. The revision follows it in the name of the package but is not compiled in: a commit
  # that changes no source gives the same program, byte for byte, and so the same layer of the image.
  line =
    lib.findFirst (lib.hasPrefix "const version = ") (throw "src/vitrine/main.go declares no version")
      (lib.splitString "\n" (builtins.readFile ../src/vitrine/main.go));
  declared = builtins.fromJSON (lib.removePrefix "const version = " line);
in
builder {
  pname = "vitrine";
  version = "${declared}+${builtins.substring 0 7 revision}";

  # Whatever else changes needs no new build. nix/hash_test.go reads this list.
  src = lib.fileset.toSource {
    root = ../.;
    fileset = lib.fileset.unions [
      ../go.mod
      ../go.sum
      ../schema
      ../src
    ];
  };

  # What go mod vendor makes of that source. After a change of go.mod: go test -tags nix ./nix, which says the new one.
  vendorHash = "sha256-27rM+8hfjX7o0sUeBM+gZN9wR4bs8aJjmyirnCpkT4s=";
  # The same for every revision, so that the modules are fetched once.
  overrideModAttrs = _: { name = "vitrine-modules"; };

  subPackages = [ "src/vitrine" ];
  env.CGO_ENABLED = "0";
  ldflags = [
    "-s"
    "-w"
  ];

  # Go puts what it compiles for another machine in a folder of its own.
  postInstall = lib.optionalString (!native) ''
    mv $out/bin/*_${goarch}/* $out/bin
    rmdir $out/bin/*_${goarch}
  '';

  doCheck = false; # the tests are a check of their own, see checks.nix
  doInstallCheck = native && stdenv.buildPlatform.canExecute stdenv.hostPlatform;
  installCheckPhase = ''
    runHook preInstallCheck
    $out/bin/vitrine version | grep -F 'vitrine ${declared} ('
    runHook postInstallCheck
  '';

  passthru = { inherit declared goarch revision; };

  meta = {
    description = "Self-hosted digital signage: upload pictures and videos, and any screen with a browser shows them";
    license = lib.licenses.asl20;
    mainProgram = "vitrine";
    platforms = lib.platforms.linux ++ lib.platforms.darwin;
  };
}
