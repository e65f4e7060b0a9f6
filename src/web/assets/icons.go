package assets

import (
	"fmt"
	"html/template"
)

// The icons, drawn for this program on a grid of 24 with a line of 1.75.
var icons = map[string]string{ //nolint:gochecknoglobals // a table that is never changed
	"screen":   `<rect x="3" y="4.5" width="18" height="12" rx="2"/><path d="M9 20h6M12 16.5V20"/>`,
	"playlist": `<rect x="2.5" y="7" width="8" height="10" rx="1.5"/><path d="M13.5 7.5h8M13.5 12h8M13.5 16.5h5"/>`,
	"media": `<rect x="3" y="4" width="18" height="16" rx="2.5"/><circle cx="8.5" cy="9.5" r="1.75"/>` +
		`<path d="m4 17 5-4.5 3.5 3 3-2.5 4.5 4"/>`,
	"settings": `<circle cx="9" cy="7" r="2.5"/><circle cx="15" cy="17" r="2.5"/>` +
		`<path d="M3 7h3.5M11.5 7H21M3 17h9.5M17.5 17H21"/>`,
	"plus":  `<path d="M12 5v14M5 12h14"/>`,
	"play":  `<path d="M8 5.5v13l10.5-6.5z"/>`,
	"trash": `<path d="M4.5 7h15M9.5 7V4.5h5V7M6.5 7l1 12.5h9l1-12.5M10 11v5M14 11v5"/>`,
	"copy": `<rect x="8.5" y="8.5" width="11" height="11" rx="2"/>` +
		`<path d="M15.5 8.5v-2a2 2 0 0 0-2-2h-7a2 2 0 0 0-2 2v7a2 2 0 0 0 2 2h2"/>`,
	"check": `<path d="m5 12.5 4.5 4.5L19 7.5"/>`,
	"alert": `<path d="M12 4 2.8 19.5h18.4zM12 10v4.5M12 17v.1"/>`,
	"left":  `<path d="M14.5 6 8.5 12l6 6"/>`,
	"right": `<path d="m9.5 6 6 6-6 6"/>`,
	"upload": `<path d="M12 15.5V5M7.5 9 12 4.5 16.5 9M4.5 15.5V18a1.5 1.5 0 0 0 1.5 1.5h12a1.5 1.5 0 0 0` +
		` 1.5-1.5v-2.5"/>`,
	"search": `<circle cx="10.5" cy="10.5" r="5.5"/><path d="m15 15 5 5"/>`,
	"link": `<path d="M10 14 14 10M8.5 11.5 6.5 13.5a3 3 0 0 0 4.2 4.2l2-2M15.5 12.5l2-2a3 3 0 0` +
		` 0-4.2-4.2l-2 2"/>`,
	"video": `<rect x="3" y="6" width="12.5" height="12" rx="2"/><path d="m15.5 11 5.5-3v8l-5.5-3"/>`,
	"clock": `<circle cx="12" cy="12" r="8"/><path d="M12 7.5V12l3 2"/>`,
	"close": `<path d="m6.5 6.5 11 11M17.5 6.5l-11 11"/>`,
	"pause": `<path d="M9 6v12M15 6v12"/>`,
	"key":   `<circle cx="8" cy="15.5" r="3.5"/><path d="m10.5 13 8-8M15.5 8l2.5 2.5M13 10.5l1.5 1.5"/>`,
}

// Icon returns an icon as SVG. It is decoration: the words beside it say the same.
func Icon(name string) (template.HTML, error) {
	paths, ok := icons[name]
	if !ok {
		return "", fmt.Errorf("there is no icon %q", name)
	}
	svg := `<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">` + paths + `</svg>`
	return template.HTML(svg), nil //nolint:gosec // ours
}

// Logo is the product's sign: a shop window with something lit in it.
const Logo template.HTML = `<svg class="logo" viewBox="0 0 32 32" aria-hidden="true">` +
	`<rect class="logo-frame" x="3" y="8" width="26" height="19" rx="3"/>` +
	`<path class="logo-awning" d="M3.5 4.5h25L30 10.2a2.4 2.4 0 0 1-4.7.4 2.4 2.4 0 0 1-4.7 0 2.4 2.4 0 0 1-4.6` +
	` 0 2.4 2.4 0 0 1-4.7 0 2.4 2.4 0 0 1-4.6 0 2.4 2.4 0 0 1-4.7-.4z"/>` +
	`<circle class="logo-light" cx="16" cy="19.5" r="4"/></svg>`
