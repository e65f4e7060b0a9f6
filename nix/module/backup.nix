# An archive at fixed times, and old ones removed.
{ config, lib, ... }:
let
  inherit (lib) mkEnableOption mkOption types;
  cfg = config.services.vitrine;
  backup = cfg.backup;
  ours = import ./lib.nix { inherit config lib; };
  needed = [ cfg.dataDir ] ++ lib.optional (ours.uploads != null) ours.uploads;
  folders = ours.folders (
    needed ++ lib.optional (!ours.inside cfg.dataDir backup.directory) backup.directory
  );
in
{
  options.services.vitrine.backup = {
    enable = mkEnableOption "an archive of everything at fixed times";

    schedule = mkOption {
      type = types.str;
      default = "*-*-* 03:15:00";
      example = "hourly";
      description = ''
        When, as in systemd.time(7). An archive that was due while the machine was off is written after its next start.
      '';
    };

    directory = mkOption {
      type = ours.folder;
      default = "/var/lib/vitrine-backup";
      description = ''
        The folder for the archives. One on another disk survives this one; outside /var/lib it needs
        `dynamicUser = false`.
      '';
    };

    keep = {
      daily = mkOption {
        type = types.ints.unsigned;
        default = 7;
        description = "Of how many days the last archive is kept.";
      };
      weekly = mkOption {
        type = types.ints.unsigned;
        default = 4;
        description = "Of how many weeks the last archive is kept.";
      };
    };
  };

  config = lib.mkIf (cfg.enable && backup.enable) {
    systemd.services.vitrine-backup = {
      description = "Archive of Vitrine";
      after = [ "vitrine.service" ] ++ config.systemd.services.vitrine.after;
      wants = config.systemd.services.vitrine.wants;
      unitConfig = folders.unit;
      environment.VITRINE_CONFIG = "${cfg.configFile}";
      serviceConfig =
        ours.hardening
        // ours.identity
        // ours.secrets
        // folders.service
        // {
          Type = "oneshot";
          ExecStart =
            "${lib.getExe' cfg.package "vitrine"} backup --to-dir ${backup.directory}"
            + " --keep-daily ${toString backup.keep.daily} --keep-weekly ${toString backup.keep.weekly}";
          # The screens come first.
          Nice = 10;
          IOSchedulingClass = "idle";
        };
    };

    systemd.timers.vitrine-backup = {
      description = "Archive of Vitrine";
      wantedBy = [ "timers.target" ];
      timerConfig = {
        OnCalendar = backup.schedule;
        Persistent = true;
        RandomizedDelaySec = "30min";
      };
    };

    systemd.tmpfiles.settings.vitrine = folders.tmpfiles;

    assertions = [
      {
        assertion = cfg.dynamicUser -> ours.isState backup.directory;
        message =
          "services.vitrine.backup.directory is ${backup.directory}, outside /var/lib, where a user that is made at "
          + "each start can own nothing. Set services.vitrine.dynamicUser = false; or choose a folder below /var/lib.";
      }
      {
        assertion = backup.keep.daily + backup.keep.weekly > 0;
        message = "services.vitrine.backup.keep.daily and .weekly are both 0: no archive would be kept. Keep at least one.";
      }
    ];
  };
}
