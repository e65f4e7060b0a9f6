# The options of NixOS that the module sets, no others, with the types that they have there.
{ lib, ... }:
let
  inherit (lib) mkOption types;
  list =
    of:
    mkOption {
      type = types.listOf of;
      default = [ ];
    };
  attrs =
    of:
    mkOption {
      type = types.attrsOf of;
      default = { };
    };
  flag = mkOption {
    type = types.bool;
    default = false;
  };
  record = options: types.submodule { inherit options; };
  optional =
    type:
    mkOption {
      type = types.nullOr type;
      default = null;
    };
  required = type: mkOption { inherit type; };

  # A value of a unit file, or several of the same key.
  unitValue =
    let
      one = types.oneOf [
        types.bool
        types.int
        types.str
        types.path
      ];
    in
    types.either one (types.listOf one);
  unit = {
    description = required types.str;
    after = list types.str;
    wants = list types.str;
    wantedBy = list types.str;
    unitConfig = attrs unitValue;
  };
in
{
  options = {
    assertions = list (record {
      assertion = required types.bool;
      message = required types.str;
    });
    environment.systemPackages = list types.package;
    networking.firewall.allowedTCPPorts = list types.port;

    systemd.services = attrs (
      types.submodule {
        options = unit // {
          # That of cage-tty1 is said by another module of NixOS.
          description = mkOption {
            type = types.str;
            default = "";
          };
          environment = attrs types.str;
          serviceConfig = attrs unitValue;
        };
      }
    );
    systemd.timers = attrs (record (unit // { timerConfig = attrs unitValue; }));
    systemd.tmpfiles.settings = attrs (
      types.attrsOf (
        types.attrsOf (record {
          user = required types.str;
          group = required types.str;
          mode = required types.str;
        })
      )
    );

    users.users = attrs (record {
      isSystemUser = flag;
      group = required types.str;
      home = required types.path;
      createHome = flag;
    });
    users.groups = attrs (record { });

    services.postgresql = {
      enable = flag;
      ensureDatabases = list types.str;
      ensureUsers = list (record {
        name = required types.str;
        ensureDBOwnership = flag;
      });
    };
    services.mysql = {
      enable = flag;
      package = mkOption {
        type = types.either types.package types.str;
        default = "";
      };
      ensureDatabases = list types.str;
      ensureUsers = list (record {
        name = required types.str;
        ensurePermissions = attrs types.str;
      });
    };
    services.nginx = {
      enable = flag;
      virtualHosts = attrs (record {
        forceSSL = flag;
        enableACME = flag;
        useACMEHost = optional types.str;
        locations = attrs (record {
          proxyPass = optional types.str;
          recommendedProxySettings = mkOption {
            type = types.bool;
            default = true;
          };
          extraConfig = mkOption {
            type = types.lines;
            default = "";
          };
        });
      });
    };
    services.caddy = {
      enable = flag;
      virtualHosts = attrs (record {
        extraConfig = mkOption {
          type = types.lines;
          default = "";
        };
      });
    };
    services.cage = {
      enable = flag;
      user = mkOption {
        type = types.str;
        default = "demo";
      };
      program = mkOption {
        type = types.path;
        default = "/nix/store/xterm";
      };
      extraArguments = list types.str;
    };
    services.udev.extraRules = mkOption {
      type = types.lines;
      default = "";
    };
  };
}
