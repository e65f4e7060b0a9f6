# Evaluates the module without NixOS: a function of nixpkgs' lib and of the path that stands for the package.
#
# stubs.nix has only those options of NixOS that the module sets, as strict as there. Each case is what somebody writes into
# their configuration. Of each come the assertions that fail, the warnings, the files and the units as text, and the rest of
# what was set, so that a test can compare it. cases.<name> of a misspelt option fails to evaluate.
{
  lib,
  package ? "/nix/store/vitrine",
}:
let
  pkgs = import ./check/pkgs.nix { inherit lib package; };
  render = import ./check/render.nix { inherit lib; };
  cases = import ./check/cases.nix;

  evaluate =
    case:
    lib.evalModules {
      modules = [
        ./check/stubs.nix
        ./module.nix
        { config._module.args = { inherit pkgs; }; }
        { services.vitrine.package = pkgs.vitrine; }
        case
      ];
    };

  result =
    case:
    let
      inherit (evaluate case) config;
      text = list: lib.listToAttrs (map (file: lib.nameValuePair file.name file.text) list);
    in
    {
      failed = map (a: a.message) (lib.filter (a: !a.assertion) config.assertions);
      files =
        lib.mapAttrs' (
          name: unit: lib.nameValuePair "${name}.service" (render.service unit)
        ) config.systemd.services
        // lib.mapAttrs' (
          name: unit: lib.nameValuePair "${name}.timer" (render.timer unit)
        ) config.systemd.timers
        // lib.optionalAttrs config.services.vitrine.enable {
          "vitrine.yaml" = config.services.vitrine.configText + "\n";
        }
        // text config.environment.systemPackages
        // lib.optionalAttrs config.services.cage.enable {
          vitrine-kiosk = config.services.vitrine.kiosk.script.text;
        };
      rest = {
        inherit (config) users networking;
        tmpfiles = config.systemd.tmpfiles.settings;
        services = {
          inherit (config.services)
            postgresql
            nginx
            caddy
            cage
            udev
            ;
          mysql = config.services.mysql // {
            package = toString config.services.mysql.package;
          };
        };
        configFile =
          if config.services.vitrine.enable then config.services.vitrine.configFile.how else null;
      };
    };

  # The options for docs/nixos-options.md, each with what a reader needs.
  options = lib.filter (option: option.visible && !option.internal) (
    lib.optionAttrSetToDocList {
      inherit ((evaluate { }).options.services) vitrine;
    }
  );
  words = value: value.text or (lib.generators.toPretty { } value);
in
{
  inherit result;
  cases = lib.mapAttrs (_: result) cases;
  options = map (option: {
    name =
      "services.vitrine" + lib.removePrefix "vitrine" (lib.removePrefix "services.vitrine" option.name);
    inherit (option) type;
    description = option.description.text or option.description;
    default = if option ? default then words option.default else null;
    example = if option ? example then words option.example else null;
  }) options;
}
