# services.vitrine.kiosk: the machine shows a screen from boot on, for example a Raspberry Pi behind a television.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkEnableOption mkOption types;
  cfg = config.services.vitrine.kiosk;
  home = "/var/lib/vitrine-kiosk";

  # Chromium's own page about a server that does not answer yet would stay, so that is waited for before.
  show = pkgs.writeShellApplication {
    name = "vitrine-kiosk";
    runtimeInputs = [
      pkgs.coreutils
      pkgs.curl
      pkgs.gnused
      pkgs.wlr-randr
      cfg.package
    ];
    text = ''
      ${lib.optionalString (cfg.rotation != 0) ''
        for output in $(wlr-randr | sed -n 's/^\([^ ][^ ]*\).*/\1/p'); do
          wlr-randr --output "$output" --transform ${toString cfg.rotation} || echo "$output cannot be turned." >&2
        done
      ''}
      until curl --fail --silent --show-error --location --max-time 10 --output /dev/null ${lib.escapeShellArg cfg.url}; do
        sleep 2
      done
      exec chromium ${lib.escapeShellArgs (flags ++ cfg.extraFlags ++ [ cfg.url ])}
    '';
  };

  flags = [
    "--kiosk"
    "--ozone-platform=wayland"
    "--user-data-dir=${home}/chromium" # the pairing is kept there
    "--password-store=basic"
    "--autoplay-policy=no-user-gesture-required"
    "--no-first-run"
    "--no-default-browser-check"
    "--noerrdialogs"
    "--hide-crash-restore-bubble"
    "--disable-features=Translate"
    "--disable-pinch"
    "--overscroll-history-navigation=0"
    "--check-for-update-interval=31536000"
  ];
in
{
  options.services.vitrine.kiosk = {
    enable = mkEnableOption "a screen of Vitrine on this machine, from boot on";

    url = mkOption {
      type = types.strMatching "https?://[^[:space:]]+";
      default = "http://localhost:8080/screen";
      example = "http://192.168.1.10:8080/screen";
      description = "The address of the screen page. It shows a pairing code the first time.";
    };

    rotation = mkOption {
      type = types.enum [
        0
        90
        180
        270
      ];
      default = 0;
      description = "By how many degrees the picture is turned, anticlockwise, for a display that is mounted upright.";
    };

    hideCursor = mkOption {
      type = types.bool;
      default = true;
      description = "Whether mice and touchpads are ignored, so that there is no cursor. Touch screens and keyboards are not.";
    };

    package = mkOption {
      type = types.package;
      default = pkgs.chromium;
      defaultText = lib.literalExpression "pkgs.chromium";
      description = "The package of Chromium.";
    };

    extraFlags = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "--force-device-scale-factor=2" ];
      description = "Further flags for Chromium.";
    };

    script = mkOption {
      type = types.package;
      readOnly = true;
      internal = true;
      default = show;
      description = "What runs in the compositor.";
    };
  };

  config = lib.mkIf cfg.enable {
    services.cage = {
      enable = true;
      user = "vitrine-kiosk";
      program = lib.getExe cfg.script;
      extraArguments = [ "-d" ]; # no window decorations
    };

    systemd.services.cage-tty1 = {
      serviceConfig = {
        Restart = "always";
        RestartSec = "5s"; # slowly enough that systemd never gives up
      };
    };

    users.users.vitrine-kiosk = {
      isSystemUser = true;
      group = "vitrine-kiosk";
      inherit home;
      createHome = true;
    };
    users.groups.vitrine-kiosk = { };

    services.udev.extraRules = lib.mkIf cfg.hideCursor ''
      ENV{ID_INPUT_MOUSE}=="1", ENV{LIBINPUT_IGNORE_DEVICE}="1"
      ENV{ID_INPUT_TOUCHPAD}=="1", ENV{LIBINPUT_IGNORE_DEVICE}="1"
    '';
  };
}
