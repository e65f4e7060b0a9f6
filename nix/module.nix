# services.vitrine: the server, its database, its proxy, its backups, and a machine that shows a screen.
{
  imports = [
    ./module/options.nix
    ./module/settings.nix
    ./module/service.nix
    ./module/database.nix
    ./module/proxy.nix
    ./module/backup.nix
    ./module/command.nix
    ./kiosk.nix
  ];
}
