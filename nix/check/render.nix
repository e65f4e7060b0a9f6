# Units as text, as NixOS writes them, without the Environment= of its own (PATH, LOCALE_ARCHIVE and the like).
{ lib }:
let
  word = value: if lib.isBool value then lib.boolToString value else toString value;
  lines =
    attrs:
    lib.concatStrings (
      lib.concatLists (
        lib.mapAttrsToList (name: value: map (one: "${name}=${word one}\n") (lib.toList value)) attrs
      )
    );
  names = key: list: lib.optionalAttrs (list != [ ]) { ${key} = lib.concatStringsSep " " list; };
  section = name: attrs: lib.optionalString (attrs != { }) "[${name}]\n${lines attrs}";
  unitSection =
    unit:
    section "Unit" (
      lib.optionalAttrs (unit.description != "") { Description = unit.description; }
      // names "After" unit.after
      // names "Wants" unit.wants
      // unit.unitConfig
    );
  installSection = unit: section "Install" (names "WantedBy" unit.wantedBy);
  whole = sections: lib.concatStringsSep "\n" (lib.filter (text: text != "") sections);
in
{
  service =
    unit:
    whole [
      (unitSection unit)
      (section "Service" (
        unit.serviceConfig
        // lib.optionalAttrs (unit.environment != { }) {
          Environment = lib.mapAttrsToList (name: value: "\"${name}=${value}\"") unit.environment;
        }
      ))
      (installSection unit)
    ];
  timer =
    unit:
    whole [
      (unitSection unit)
      (section "Timer" unit.timerConfig)
      (installSection unit)
    ];
}
