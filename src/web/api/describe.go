package api

import (
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// describeUploads adds the resumable uploads to the document. They are served by another package, by the tus protocol,
// of which only what a program needs is told here.
func (a *API) describeUploads() {
	document := a.huma.OpenAPI()
	one := &huma.Param{
		Name: "id", In: "path", Required: true, Description: "The end of the address that the server gave to the upload",
		Schema: &huma.Schema{Type: huma.TypeString},
	}
	version := header("Tus-Resumable", "The version of the protocol: 1.0.0", true)
	chunk := &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"application/offset+octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
	}}
	added := document.Components.Schemas.Schema(reflect.TypeFor[AddedMedia](), true, "AddedMedia")
	result := map[string]*huma.MediaType{"application/json": {Schema: added}}
	for _, op := range []*huma.Operation{
		{
			OperationID: "create-upload", Method: http.MethodPost, Path: "/uploads", Summary: "Begin a resumable upload",
			Description: "Makes an upload of the tus protocol 1.0 and answers with its address in `Location`. " +
				"`Upload-Metadata` " +
				"carries `filename` and its value in Base64.",
			Parameters: []*huma.Param{version, header("Upload-Length", "The size of the file in bytes", true),
				header("Upload-Metadata", "For example: filename T3BlbmluZyBob3Vycy5qcGc=", false)},
			Responses: map[string]*huma.Response{"201": {Description: "Begun"}},
		},
		{
			OperationID: "get-upload-offset", Method: http.MethodHead, Path: "/uploads/{id}",
			Summary: "Ask how far an upload came",
			Description: "Answers with `Upload-Offset` and `Upload-Length`. A file that was refused is a 410: the result " +
				"tells why.",
			Parameters: []*huma.Param{one, version},
			Responses:  map[string]*huma.Response{"200": {Description: "It can go on"}},
		},
		{
			OperationID: "continue-upload", Method: http.MethodPatch, Path: "/uploads/{id}", Summary: "Send the next bytes",
			Description: "Appends to the upload. The last bytes are answered with what became of the file: the medium, " +
				"or why it " +
				"was refused. Sent again, it answers the same for an hour.",
			Parameters:  []*huma.Param{one, version, header("Upload-Offset", "Where these bytes begin", true)},
			RequestBody: chunk,
			Responses: map[string]*huma.Response{
				"200": {Description: "The file is whole and stored", Content: result}, "204": {Description: "More is to come"},
			},
		},
		{
			OperationID: "remove-upload", Method: http.MethodDelete, Path: "/uploads/{id}", Summary: "Give an upload up",
			Description: "Drops what was received.",
			Parameters:  []*huma.Param{one, version}, Responses: map[string]*huma.Response{"204": {Description: "Dropped"}},
		},
		{
			OperationID: "get-upload-result", Method: http.MethodGet, Path: "/uploads/{id}/result",
			Summary: "Ask what became of an upload",
			Description: "For a program whose connection broke before it got the answer to its last bytes. Answers what " +
				"that answer " +
				"was, for an hour, or a 409 while bytes are missing.",
			Parameters: []*huma.Param{one},
			Responses:  map[string]*huma.Response{"200": {Description: "The file is whole and stored", Content: result}},
		},
	} {
		op.Tags = []string{"uploads"}
		document.AddOperation(op)
	}
}

func header(name, description string, required bool) *huma.Param {
	return &huma.Param{
		Name: name, In: "header", Required: required, Description: description, Schema: &huma.Schema{Type: huma.TypeString},
	}
}
