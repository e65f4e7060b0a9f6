package web

import "github.com/gorilla/mux"

// Router returns the router, whose addresses a test walks.
func (a *App) Router() *mux.Router { return a.router }
