package pages

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"vitrine/src/signage"
	"vitrine/src/web/access"
	"vitrine/src/web/problem"
)

// form is what a page with a form shows again when something in it was refused.
type form struct {
	Values map[string]string
	Field  string // at fault
	Error  string
}

func (f form) Value(name string) string { return f.Values[name] }

// Wrong returns what is wrong with a field, or "".
func (f form) Wrong(field string) string {
	if f.Field == field {
		return f.Error
	}
	return ""
}

// General returns what is wrong with no field of the form that was named, or "".
func (f form) General(fields ...string) string {
	for _, field := range fields {
		if f.Field == field {
			return ""
		}
	}
	return f.Error
}

// typed keeps what a person typed, all but passwords.
func typed(r *http.Request, fields ...string) form {
	f := form{Values: map[string]string{}}
	for _, field := range fields {
		f.Values[field] = r.FormValue(field)
	}
	return f
}

// again shows a form once more with what was refused, or returns an error that is no refusal.
func (p *Pages) again(w http.ResponseWriter, r *http.Request, name string, v view, f *form, err error) error {
	field, message, ok := refusal(err)
	if !ok {
		return err
	}
	f.Field, f.Error = field, message
	return p.show(w, r, problem.Of(err).Status, name, v)
}

type loginBody struct {
	form
	Next string
}

func (p *Pages) login(w http.ResponseWriter, r *http.Request) error {
	body := &loginBody{form: typed(r, "username"), Next: access.SafeNext(r.FormValue("next"))}
	v := view{Title: "Sign in", Body: body}
	if r.Method != http.MethodPost {
		if access.From(r.Context()).User != nil {
			http.Redirect(w, r, body.Next, http.StatusSeeOther)
			return nil
		}
		users, err := p.parts.Store.HasUsers(r.Context())
		if err != nil {
			return err
		}
		if !users {
			http.Redirect(w, r, "/setup", http.StatusSeeOther)
			return nil
		}
		return p.show(w, r, http.StatusOK, "login", v)
	}
	if err := p.parts.Guard.SignIn(w, r, r.PostFormValue("username"), r.PostFormValue("password")); err != nil {
		return p.again(w, r, "login", v, &body.form, err)
	}
	return redirect(w, r, body.Next, nil)
}

func (p *Pages) logout(w http.ResponseWriter, r *http.Request) error {
	p.parts.Guard.SignOut(w, r)
	return redirect(w, r, "/login", say("You are signed out."))
}

type setupBody struct {
	form
	Token string
	Valid bool
}

// setup makes the first administrator, for whoever holds the link that the server printed.
func (p *Pages) setup(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	users, err := p.parts.Store.HasUsers(ctx)
	if err != nil {
		return err
	}
	if users {
		return redirect(w, r, "/login", say("Vitrine is set up. Sign in."))
	}
	body := &setupBody{form: typed(r, "username"), Token: r.FormValue("token")}
	if body.Valid, err = p.parts.Store.SetupLinkValid(ctx, signage.HashSecret(body.Token), now()); err != nil {
		return err
	}
	v := view{Title: "Welcome to Vitrine", Body: body}
	if !body.Valid || r.Method != http.MethodPost {
		status := http.StatusOK
		if !body.Valid && body.Token != "" {
			status = http.StatusForbidden
		}
		return p.show(w, r, status, "setup", v)
	}
	user, err := newUser(r.PostFormValue("username"), r.PostFormValue("password"))
	if err == nil {
		err = p.parts.Store.SetUp(ctx, signage.HashSecret(body.Token), user)
	}
	if err != nil {
		return p.again(w, r, "setup", v, &body.form, err)
	}
	if err := p.parts.Guard.SignInAs(w, r, user); err != nil {
		return err
	}
	return redirect(w, r, "/screens", say("Welcome, %s.", user.Username))
}

func newUser(username, password string) (signage.User, error) {
	name, err := signage.CleanUsername(username)
	if err != nil {
		return signage.User{}, err
	}
	if err := signage.CheckPassword(password); err != nil {
		return signage.User{}, err
	}
	return signage.User{ID: signage.NewID(), Username: name, PasswordHash: signage.HashPassword(password),
		CreatedAt: now()}, nil
}

type settingsBody struct {
	form
	User                       signage.User
	Current                    signage.ID // the session of this browser
	Sessions                   []signage.Session
	Tokens                     []signage.Token
	NewToken                   string // shown this once
	Version, Database, Uploads string
	Free                       uint64
	Media                      int
	Bytes                      int64
}

func (p *Pages) settingsView(r *http.Request) (view, *settingsBody, error) {
	ctx, identity := r.Context(), access.From(r.Context())
	body := &settingsBody{User: *identity.User, Version: p.parts.Version, Database: p.parts.Database,
		Uploads: p.parts.Uploads}
	if identity.Session != nil {
		body.Current = identity.Session.ID
	}
	var err error
	if body.Sessions, err = p.parts.Store.Sessions(ctx, body.User.ID); err != nil {
		return view{}, nil, err
	}
	if body.Tokens, err = p.parts.Store.Tokens(ctx, body.User.ID); err != nil {
		return view{}, nil, err
	}
	if body.Free, err = p.parts.Free(ctx); err != nil {
		return view{}, nil, err
	}
	if body.Media, body.Bytes, err = p.parts.Store.CountMedia(ctx, allMedia()); err != nil {
		return view{}, nil, err
	}
	return view{Title: "Settings", Section: "settings", Body: body, Scripts: []string{"js/settings.js"}}, body, nil
}

func (p *Pages) settings(w http.ResponseWriter, r *http.Request) error {
	v, _, err := p.settingsView(r)
	if err != nil {
		return err
	}
	return p.show(w, r, http.StatusOK, "settings", v)
}

func (p *Pages) changePassword(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodPost {
		return redirect(w, r, "/settings", nil)
	}
	v, body, err := p.settingsView(r)
	if err != nil {
		return err
	}
	if !signage.VerifyPassword(body.User.PasswordHash, r.PostFormValue("current")) {
		return p.again(w, r, "settings", v, &body.form,
			signage.Invalid("current", "This is not your password now. Type it again."))
	}
	err = signage.CheckPassword(r.PostFormValue("password"))
	if err == nil {
		hash := signage.HashPassword(r.PostFormValue("password"))
		err = p.parts.Store.SetPassword(r.Context(), body.User.ID, hash, body.Current)
	}
	if err != nil {
		return p.again(w, r, "settings", v, &body.form, err)
	}
	return redirect(w, r, "/settings", say("Your password is changed. Other browsers are signed out."))
}

func (p *Pages) endSession(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodPost {
		return redirect(w, r, "/settings", nil)
	}
	session, err := signage.ParseID(r.PostFormValue("session"))
	if err == nil {
		err = p.parts.Store.EndSession(r.Context(), access.From(r.Context()).User.ID, session)
	}
	if err != nil {
		return err
	}
	return redirect(w, r, "/settings", say("That browser is signed out."))
}

// tokens makes an API token, which is shown on the answer and never again, or removes one.
func (p *Pages) tokens(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodPost {
		return redirect(w, r, "/settings", nil)
	}
	ctx, user := r.Context(), access.From(r.Context()).User
	if remove := r.PostFormValue("remove"); remove != "" {
		token, err := signage.ParseID(remove)
		if err == nil {
			err = p.parts.Store.RemoveToken(ctx, user.ID, token)
		}
		if err != nil {
			return err
		}
		return redirect(w, r, "/settings#tokens",
			say("The token is removed. Programs that used it are refused from now on."))
	}
	name, err := signage.CleanName("name", r.PostFormValue("name"))
	var secret string
	if err == nil {
		var token signage.Token
		var expires time.Time
		if days, bad := strconv.Atoi(r.PostFormValue("days")); bad == nil && days > 0 && days <= 3650 {
			expires = now().AddDate(0, 0, days)
		}
		token, secret = access.NewToken(user.ID, name, expires, now())
		err = p.parts.Store.AddToken(ctx, token, signage.HashSecret(secret))
	}
	v, body, failed := p.settingsView(r)
	if failed != nil {
		return failed
	}
	if err != nil {
		body.form = typed(r, "name")
		return p.again(w, r, "settings", v, &body.form, err)
	}
	body.NewToken = secret
	return p.show(w, r, http.StatusOK, "settings", v)
}

// Browser names a browser by its user agent, for people.
func (settingsBody) Browser(agent string) string {
	browser := "A browser"
	for _, known := range [][2]string{{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"},
		{"Chrome/", "Chrome"}, {"Safari/", "Safari"}, {"curl/", "curl"}} {
		if strings.Contains(agent, known[0]) {
			browser = known[1]
			break
		}
	}
	for _, known := range [][2]string{{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"},
		{"Windows", "Windows"}, {"Mac OS", "macOS"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"}} {
		if strings.Contains(agent, known[0]) {
			return browser + " on " + known[1]
		}
	}
	return browser
}
