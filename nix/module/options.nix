# What can be said under services.vitrine, apart from the options of what has a file of its own.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkEnableOption mkOption types;
  cfg = config.services.vitrine;
  ours = import ./lib.nix { inherit config lib; };
in
{
  options.services.vitrine = {
    enable = mkEnableOption "Vitrine, digital signage that you host yourself";

    package = mkOption {
      type = types.package;
      default = pkgs.callPackage ../package.nix { };
      defaultText = lib.literalMD "the flake's, or else that of nix/package.nix";
      description = "The package of Vitrine.";
    };

    dataDir = mkOption {
      type = ours.folder;
      default = "/var/lib/vitrine";
      description = ''
        The data folder: the database, if it is SQLite, and the uploads, unless `settings.uploads_url` says otherwise.
        Outside /var/lib it needs `dynamicUser = false`.
      '';
    };

    dynamicUser = mkOption {
      type = types.bool;
      default = true;
      description = ''
        Whether systemd makes the user when the service starts. Its files belong to it all the same, at the next start too.
        With `false`, the user and the group are made as usual: for folders outside /var/lib, which must belong to a user
        that is always there.
      '';
    };

    user = mkOption {
      type = types.strMatching "[a-z_][a-z0-9_-]{0,30}";
      default = "vitrine";
      description = ''
        The user that Vitrine runs as, and, with `database.createLocally`, the name of the database and its owner. One with
        another name than `vitrine` is not made by this module when `dynamicUser` is `false`.
      '';
    };

    group = mkOption {
      type = types.strMatching "[a-z_][a-z0-9_-]{0,30}";
      default = cfg.user;
      defaultText = lib.literalExpression "config.services.vitrine.user";
      description = "The group that Vitrine runs as.";
    };

    environmentFile = mkOption {
      type = types.nullOr (
        types.pathWith {
          absolute = true;
          inStore = false;
        }
      );
      default = null;
      example = "/run/secrets/vitrine.env";
      description = ''
        A file with variables `VITRINE_…`, one a line, which are stronger than `settings`. It is read by root at the start.
        With one, the settings are not checked when the system is built, because it may complete them.
      '';
    };

    openFirewall = mkOption {
      type = types.bool;
      default = false;
      description = ''
        Whether other machines may reach Vitrine: by the port of `settings.listen`, or by 80 and 443 behind `nginx` or
        `caddy`.
      '';
    };
  };
}
