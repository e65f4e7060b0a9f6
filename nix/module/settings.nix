# settings and passwordFiles: an option for each setting that the program knows, and words for what it does not know.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkOption types;
  cfg = config.services.vitrine;

  known = lib.importJSON ../settings.json;
  secret = lib.filterAttrs (_: setting: setting.secret) known;
  plain = lib.filterAttrs (_: setting: !setting.secret) known;

  value = types.oneOf [
    types.bool
    types.int
    types.str
    (types.listOf types.str)
  ];
  typeOf =
    setting:
    {
      "yes or no" = types.bool;
      "number" = types.ints.unsigned;
      "megapixels" = types.either types.ints.positive types.str;
      "networks" = types.either (types.listOf types.str) types.str;
      "file" = types.either types.path types.str;
    }
    .${setting.type} or types.str;

  option =
    _: setting:
    mkOption {
      type = types.nullOr (typeOf setting);
      default = null;
      description =
        setting.text + lib.optionalString (setting.default != "") " Without it: `${setting.default}`.";
    };

  given = lib.filterAttrs (_: setting: setting != null) cfg.settings;
  strangers = lib.attrNames (lib.removeAttrs given (lib.attrNames plain));

  # The words for a setting that the program would refuse.
  complaint =
    name:
    let
      distances = map (other: {
        inherit other;
        distance = lib.strings.levenshtein name other;
      }) (lib.attrNames plain);
      nearest = lib.head (lib.sort (a: b: a.distance < b.distance) distances);
      hint =
        if nearest.distance <= lib.max 2 (lib.stringLength name / 3) then
          "Did you mean ${nearest.other}?"
        else
          "docs/configuration.md lists every setting.";
    in
    if secret ? ${name} then
      "services.vitrine.settings.${name} is a secret, and everyone on the machine could read it in the Nix store. Write it "
      + "into a file that only root can read and name that: services.vitrine.passwordFiles.${name} = \"/path/of/the/file\";"
    else if secret ? ${lib.removeSuffix "_file" name} then
      "services.vitrine.settings.${name}: the service may not read that file. Use "
      + "services.vitrine.passwordFiles.${lib.removeSuffix "_file" name}, which systemd reads for it."
    else
      "services.vitrine.settings.${name} is not a setting. ${hint}";

  text = builtins.toJSON given; # which is YAML too
  unchecked = pkgs.writeText "vitrine.yaml" text;
  checked = pkgs.runCommand "vitrine.yaml" { } ''
    ${lib.getExe' cfg.package "vitrine"} config --config ${unchecked} >/dev/null
    cp ${unchecked} "$out"
  '';
  canCheck =
    cfg.environmentFile == null && pkgs.stdenv.buildPlatform.canExecute pkgs.stdenv.hostPlatform;
in
{
  options.services.vitrine = {
    settings = mkOption {
      type = types.submodule {
        freeformType = types.attrsOf (types.nullOr value);
        options = lib.mapAttrs option plain;
      };
      default = { };
      example = lib.literalExpression ''
        {
          listen = ":80";
          max_upload_size = "500MB";
          max_pixels = 24;
        }
      '';
      description = ''
        The settings by the names that they have in a configuration file, see docs/configuration.md. A
        name that is none, and a value that the program would refuse, are found when the system is built. Secrets are
        given by `passwordFiles`.
      '';
    };

    passwordFiles = mkOption {
      type = types.submodule {
        options = lib.mapAttrs (
          name: setting:
          mkOption {
            type = types.nullOr (
              types.pathWith {
                absolute = true;
                inStore = false;
              }
            );
            default = null;
            example = "/run/secrets/vitrine-${lib.replaceStrings [ "_" ] [ "-" ] name}";
            description = ''
              A file on the machine that holds the setting `${name}`. Only root needs to be able to read it: systemd
              hands what it holds to the service as a credential.
            '';
          }
        ) secret;
      };
      default = { };
      description = "The files that hold the secrets among the settings.";
    };

    configFile = mkOption {
      type = types.path;
      readOnly = true;
      description = "The configuration file that is made of `settings`.";
    };

    configText = mkOption {
      type = types.str;
      readOnly = true;
      internal = true;
      description = "What the configuration file holds.";
    };
  };

  config = lib.mkIf cfg.enable {
    services.vitrine = {
      configFile = if canCheck then checked else unchecked;
      configText = text;
      settings.data_dir = cfg.dataDir;
    };
    assertions = map (name: {
      assertion = false;
      message = complaint name;
    }) strangers;
  };
}
