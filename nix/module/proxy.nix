# A virtual host of nginx or Caddy before Vitrine. Streams to the screens are passed on at once, uploads as they come.
{ config, lib, ... }:
let
  inherit (lib) mkEnableOption mkOption types;
  cfg = config.services.vitrine;
  ours = import ./lib.nix { inherit config lib; };
  hasProxy = cfg.nginx.enable || cfg.caddy.enable;
  scheme = if cfg.https then "https" else "http";
in
{
  options.services.vitrine = {
    hostName = mkOption {
      type = types.nullOr (types.strMatching "[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?");
      default = null;
      example = "signs.example.org";
      description = "The name under which people and screens reach Vitrine, for `nginx` and `caddy`.";
    };

    https = mkOption {
      type = types.bool;
      default = true;
      description = ''
        Whether the virtual host is reached by HTTPS, with a certificate that nginx gets by ACME (see `security.acme`) and
        Caddy by itself. For a certificate of your own, say so in `services.nginx.virtualHosts.<hostName>`, for example with
        `enableACME = false; useACMEHost = "example.org";`.
      '';
    };

    nginx.enable = mkEnableOption "a virtual host of nginx before Vitrine";
    caddy.enable = mkEnableOption "a virtual host of Caddy before Vitrine";
  };

  config = lib.mkIf (cfg.enable && hasProxy) (
    lib.mkMerge [
      {
        services.vitrine.settings = {
          listen = lib.mkDefault "127.0.0.1:8080";
          trusted_proxies = lib.mkDefault [
            "127.0.0.1"
            "::1"
          ];
          public_url = lib.mkIf (cfg.hostName != null) (lib.mkDefault "${scheme}://${cfg.hostName}");
        };
        assertions = [
          {
            assertion = cfg.hostName != null;
            message =
              "services.vitrine.hostName is missing: the name under which nginx or Caddy serves Vitrine, such as "
              + "\"signs.example.org\".";
          }
          {
            assertion = !(cfg.nginx.enable && cfg.caddy.enable);
            message =
              "services.vitrine.nginx.enable and services.vitrine.caddy.enable are both set, and both would take the "
              + "ports 80 and 443. Keep one.";
          }
          {
            assertion = ours.port != null && ours.port != 0;
            message =
              "services.vitrine.settings.listen must name a port, so that the proxy finds Vitrine: \"127.0.0.1:8080\", for "
              + "example.";
          }
        ];
      }

      (lib.mkIf (cfg.nginx.enable && cfg.hostName != null && ours.port != null) {
        services.nginx.enable = true;
        services.nginx.virtualHosts.${cfg.hostName} = {
          forceSSL = lib.mkDefault cfg.https;
          enableACME = lib.mkDefault cfg.https;
          locations."/" = {
            proxyPass = "http://${ours.upstream}";
            recommendedProxySettings = false; # these are all that Vitrine reads
            extraConfig = ''
              proxy_http_version 1.1;
              proxy_set_header Connection "";
              proxy_set_header Host $http_host;
              proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
              proxy_set_header X-Forwarded-Proto $scheme;
              proxy_set_header X-Forwarded-Host $http_host;
              # A screen follows changes by an answer that never ends.
              proxy_buffering off;
              proxy_read_timeout 1h;
              # An upload is bounded by Vitrine itself and goes straight to its disk.
              client_max_body_size 0;
              proxy_request_buffering off;
              proxy_send_timeout 1h;
            '';
          };
        };
      })

      (lib.mkIf (cfg.caddy.enable && cfg.hostName != null && ours.port != null) {
        services.caddy.enable = true;
        # Caddy passes events on as they come by itself. With flush_interval it would not tell of a screen that goes.
        services.caddy.virtualHosts."${
          lib.optionalString (!cfg.https) "http://"
        }${cfg.hostName}".extraConfig =
          ''
            reverse_proxy ${ours.upstream}
          '';
      })
    ]
  );
}
