# The service itself. docs/systemd/vitrine.service is the same for other distributions; a test compares the two.
{ config, lib, ... }:
let
  cfg = config.services.vitrine;
  ours = import ./lib.nix { inherit config lib; };
  folders = ours.folders ([ cfg.dataDir ] ++ lib.optional (ours.uploads != null) ours.uploads);
in
{
  config = lib.mkIf cfg.enable {
    systemd.services.vitrine = {
      description = "Vitrine, digital signage";
      after = [
        "network.target"
        "time-sync.target"
      ];
      wantedBy = [ "multi-user.target" ];
      unitConfig = folders.unit;
      environment = {
        VITRINE_CONFIG = "${cfg.configFile}";
        GOTRACEBACK = "crash"; # so that a crash ends by a signal and not with status 2
      };
      serviceConfig =
        ours.hardening
        // ours.identity
        // ours.secrets
        // folders.service
        // {
          Type = "notify";
          ExecStart = "${lib.getExe' cfg.package "vitrine"} serve";
          WatchdogSec = "60s";
          TimeoutStartSec = "120s"; # a migration asks for more meanwhile
          TimeoutStopSec = "${toString (ours.drain + 20)}s";
          Restart = "on-failure";
          RestartSec = "5s"; # slowly enough that systemd never gives up
          RestartPreventExitStatus = 2; # a wrong setting, which no restart mends
          LimitCORE = 0;
          LimitNOFILE = 65536; # each screen holds a connection
        }
        // lib.optionalAttrs ours.privileged {
          AmbientCapabilities = "CAP_NET_BIND_SERVICE";
          CapabilityBoundingSet = "CAP_NET_BIND_SERVICE";
          PrivateUsers = false; # among users of its own the capability would be good for nothing
        }
        // lib.optionalAttrs (ours.runtimeDirectory != null) { RuntimeDirectory = ours.runtimeDirectory; };
    };

    systemd.tmpfiles.settings.vitrine = folders.tmpfiles;

    users = lib.mkIf (!cfg.dynamicUser && cfg.user == "vitrine") {
      users.vitrine = {
        isSystemUser = true;
        inherit (cfg) group;
        home = cfg.dataDir;
      };
      groups.${cfg.group} = { };
    };

    networking.firewall.allowedTCPPorts = lib.mkIf cfg.openFirewall (
      if cfg.nginx.enable || cfg.caddy.enable then
        [
          80
          443
        ]
      else
        lib.optional (ours.port != null) ours.port
    );

    assertions = [
      {
        assertion = cfg.dynamicUser -> ours.isState cfg.dataDir;
        message =
          "services.vitrine.dataDir is ${cfg.dataDir}, outside /var/lib, where a user that is made at each start can "
          + "own nothing. Set services.vitrine.dynamicUser = false; or choose a folder below /var/lib.";
      }
      {
        assertion = ours.uploads != null -> ours.isFolder ours.uploads;
        message =
          "services.vitrine.settings.uploads_url is \"${toString cfg.settings.uploads_url}\". Write it as a whole path "
          + "without white space, quotation marks, \\, % and $.";
      }
      {
        assertion = cfg.dynamicUser && ours.uploads != null -> ours.isState ours.uploads;
        message =
          "services.vitrine.settings.uploads_url is ${toString ours.uploads}, outside /var/lib, where a user that is "
          + "made at each start can own nothing. Set services.vitrine.dynamicUser = false; or choose a folder below /var/lib.";
      }
      {
        assertion =
          cfg.openFirewall && !cfg.nginx.enable && !cfg.caddy.enable -> ours.port != null && ours.port != 0;
        message =
          "services.vitrine.openFirewall is set, but services.vitrine.settings.listen names no port that could be "
          + "opened. Write it as host:port or :port.";
      }
    ];
  };
}
