package api

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humamux"

	"vitrine/src/web/problem"
)

// failure carries an error from a handler to where it is written, with what the caller may see of it.
type failure struct {
	*problem.Details
	cause error
}

// handle declares an operation whose handler returns any error; the caller sees of it what problem.Of tells.
func handle[I, O any](a *API, op huma.Operation, fn func(ctx context.Context, in *I) (*O, error)) {
	if op.DefaultStatus == 0 && reflect.TypeFor[O]() == reflect.TypeFor[struct{}]() {
		op.DefaultStatus = http.StatusNoContent
	}
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := fn(ctx, in)
		if err != nil {
			return nil, &failure{Details: problem.Of(err), cause: err}
		}
		return out, nil
	})
}

// explain turns every error that is about to be written, the library's own included, into problem details that carry
// the request's id and tell nothing of our inside.
func explain(ctx huma.Context, _ string, v any) (any, error) {
	_, w := humamux.Unwrap(ctx)
	var details problem.Details
	switch err := v.(type) {
	case *failure:
		details = *err.Details
		if details.Status >= http.StatusInternalServerError {
			problem.Note(w, err.cause)
		}
	case *huma.ErrorModel:
		details = *fromModel(err)
	default:
		return v, nil
	}
	details.RequestID = w.Header().Get(problem.RequestIDHeader)
	problem.SetHeaders(w.Header(), details.Status)
	return &details, nil
}

// fromModel puts the library's way of saying what is wrong with a request into sentences.
func fromModel(model *huma.ErrorModel) *problem.Details {
	fields := make([]problem.Field, 0, len(model.Errors))
	sentences := make([]string, 0, len(model.Errors))
	for _, e := range model.Errors {
		if e == nil {
			continue
		}
		message := plain(e.Message)
		fields = append(fields, problem.Field{Location: e.Location, Message: message})
		sentences = append(sentences, e.Location+": "+message+".")
	}
	switch {
	case model.Status == http.StatusRequestEntityTooLarge:
		return problem.Of(&http.MaxBytesError{})
	case model.Status >= http.StatusInternalServerError:
		return problem.Of(errors.New(model.Detail))
	case len(sentences) > 0:
		return problem.New(model.Status, "The request does not fit. "+strings.Join(sentences, " "), fields...)
	default:
		detail := model.Detail
		if detail != "" {
			detail = strings.ToUpper(detail[:1]) + detail[1:] + "."
		}
		return problem.New(model.Status, detail)
	}
}

// plain says some of the library's messages in plain words.
func plain(message string) string {
	switch {
	case message == "unexpected property":
		return "there is no such field"
	case message == "unknown query parameter":
		return "there is no such parameter"
	case strings.HasPrefix(message, "invalid character"), strings.HasPrefix(message, "unexpected end of JSON"):
		return "the body is not valid JSON"
	case strings.HasPrefix(message, "unknown content type"):
		return "the Content-Type must be application/json"
	}
	return message
}

func refuse(w http.ResponseWriter, r *http.Request, err error) { problem.Write(w, r, err) }

// finish completes the generated document: every refusal is a problem document, and the library's own model of errors,
// which is never written, is left out.
func finish(document *huma.OpenAPI) {
	schemas := document.Components.Schemas
	details := schemas.Schema(reflect.TypeFor[problem.Details](), true, "")
	content := map[string]*huma.MediaType{problem.ContentType: {Schema: details}}
	for _, path := range document.Paths {
		for _, op := range []*huma.Operation{path.Get, path.Head, path.Post, path.Put, path.Patch, path.Delete} {
			if op == nil {
				continue
			}
			for status := range op.Responses {
				if code, err := strconv.Atoi(status); status == "default" || err == nil && code >= http.StatusBadRequest {
					delete(op.Responses, status)
				}
			}
			op.Responses["default"] = &huma.Response{Description: "A refusal, with a sentence for a person.", Content: content}
		}
	}
	delete(schemas.Map(), "ErrorModel")
	delete(schemas.Map(), "ErrorDetail")
	for _, schema := range schemas.Map() {
		for _, property := range schema.Properties {
			if property.Type == huma.TypeArray {
				property.Nullable = false // an empty list is [], in requests and answers
			}
		}
	}
}

// schemaName names a type of ours in the document.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	switch {
	case name == "Details":
		return "Problem"
	case name == "Field":
		return "ProblemField"
	case strings.HasSuffix(name, "InBody"):
		return strings.TrimSuffix(name, "InBody") + "Request"
	case strings.HasSuffix(name, "OutBody"):
		return strings.TrimSuffix(name, "OutBody") + "Answer"
	}
	return name
}
