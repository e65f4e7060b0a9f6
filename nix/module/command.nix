# The command vitrine for the administrator: as the user, with the settings, secrets and folders of the service.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.services.vitrine;
  ours = import ./lib.nix { inherit config lib; };
  places = [
    cfg.dataDir
  ]
  ++ lib.optional (ours.uploads != null) ours.uploads
  ++ lib.optional cfg.backup.enable cfg.backup.directory;
  properties = ours.identity // ours.secrets // (ours.folders places).service // { UMask = "0077"; };
  word = value: if lib.isBool value then lib.boolToString value else toString value;
  flag = name: value: "--property=${lib.escapeShellArg "${name}=${word value}"}";
  flags = lib.concatLists (
    lib.mapAttrsToList (name: value: map (flag name) (lib.toList value)) properties
  );
in
{
  config = lib.mkIf cfg.enable {
    environment.systemPackages = [
      (pkgs.writeShellApplication {
        name = "vitrine";
        runtimeInputs = [
          pkgs.coreutils
          pkgs.systemd
        ];
        text = ''
          # Runs a command of Vitrine as the service runs.
          if [ "$(id -u)" -ne 0 ]; then
            echo "vitrine: only root can run it as the user of the service. Try: sudo vitrine $*" >&2
            exit 2
          fi
          terminal=--pipe
          if [ -t 0 ] && [ -t 1 ]; then
            terminal=--pty
          fi
          exec systemd-run --quiet --collect --wait "$terminal" --service-type=exec \
            --setenv=VITRINE_CONFIG=${lib.escapeShellArg "${cfg.configFile}"} \
            ${lib.concatStringsSep " \\\n  " flags} \
            ${lib.getExe' cfg.package "vitrine"} "$@"
        '';
      })
    ];
  };
}
