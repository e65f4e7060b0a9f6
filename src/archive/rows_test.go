package archive

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
)

func TestRowsComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		values []any
		line   string
	}{
		{"nothing", []any{}, `[]`},
		{"null", []any{nil, nil}, `[null,null]`},
		{"numbers", []any{int64(0), int64(-1), int64(math.MaxInt64), int64(math.MinInt64), int64(1<<53 + 1)},
			`[0,-1,9223372036854775807,-9223372036854775808,9007199254740993]`},
		{"text", []any{"", " a ", `"\/`, "é", "🎉", "\u2028", "<&>"}, `[""," a ","\"\\/","é","🎉","` + "\u2028" + `","<&>"]`},
		{"controls", []any{"\x00\x01\n\r\t\b\x1f\x7f"}, `["\u0000\u0001\n\r\t\u0008\u001f` + "\x7f" + `"]`},
		{"replacement", []any{"\ufffd"}, `["` + "\ufffd" + `"]`},
		{"bytes", []any{[]byte{}, []byte{0, 255}}, `[{"base64":""},{"base64":"AP8="}]`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			line, err := AppendRow([]byte("before"), test.values)
			if err != nil || string(line) != "before"+test.line+"\n" {
				t.Fatalf("written %s, %v; want %s", line, err, test.line)
			}
			back, err := ParseRow([]byte(test.line + "\n"))
			if err != nil || !reflect.DeepEqual(back, test.values) {
				t.Errorf("read back %#v, %v; want %#v", back, err, test.values)
			}
			var asJSON []any
			if err := json.Unmarshal([]byte(test.line), &asJSON); err != nil || len(asJSON) != len(test.values) {
				t.Errorf("to others it is %v, %v", asJSON, err)
			}
		})
	}
}

func TestTextThatIsNotUTF8IsKept(t *testing.T) {
	t.Parallel()
	line, err := AppendRow(nil, []any{"a\xffb"})
	if err != nil || string(line) != `[{"base64":"Yf9i"}]`+"\n" {
		t.Fatalf("written %s, %v", line, err)
	}
	back, err := ParseRow(line)
	if err != nil || !reflect.DeepEqual(back, []any{[]byte("a\xffb")}) {
		t.Errorf("read back %#v, %v", back, err)
	}
}

func TestRowsThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	for _, value := range []any{1, 1.5, true, uint8(1), strings.Repeat("a", MaxRow)} {
		if line, err := AppendRow([]byte("x"), []any{value}); err == nil || string(line) != "x" {
			t.Errorf("%T was written as %.40s, %v", value, line, err)
		}
	}
}

func TestLinesThatAreNoRows(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"", "null", "{}", "1", `"a"`, "[", "[1", "[1]]", "[1] ", " [1]", "[1]\n\n", "[1][2]", "[ 1]", "[01]", "[-0]", "[1.0]", "[1e3]",
		"[9223372036854775808]", "[true]", "[[1]]", "[{}]", `[{"base64":1}]`, `[{"base64":"AP8"}]`, `[{"base64":"AP9="}]`,
		`[{"base64":"","base64":""}]`, `[{"base64":"","x":1}]`, `[{"hex":"00"}]`, `["\ud800"]`, `["\ud83c\udf89"]`, `["\u0041"]`,
		`["\/"]`, `["\b"]`, `["\u000A"]`, "[\"\xff\"]", "[\"\n\"]", strings.Repeat("[", 100_000),
		"[" + strings.Repeat("0,", MaxValues) + "0]", `["` + strings.Repeat("a", MaxRow) + `"]`,
	} {
		if values, err := ParseRow([]byte(line)); err == nil {
			t.Errorf("%.60q was read as %v", line, values)
		}
	}
}

func TestSumIsThatOfTheLines(t *testing.T) {
	t.Parallel()
	var sum Sum
	if sum.Rows() != 0 || sum.SHA256() != "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" {
		t.Errorf("of nothing: %d, %s", sum.Rows(), sum.SHA256())
	}
	sum.Add([]byte("[1]\n"))
	sum.Add([]byte("[2]\n"))
	want := sha256.Sum256([]byte("[1]\n[2]\n"))
	if sum.Rows() != 2 || sum.SHA256() != hex.EncodeToString(want[:]) {
		t.Errorf("of two rows: %d, %s", sum.Rows(), sum.SHA256())
	}
}

func FuzzParseRow(f *testing.F) {
	for _, seed := range []string{`[]`, `[null,-5,"a\n\u0000🎉",{"base64":"AP8="}]`, `["\ud800"]`, `[{"base64":"AP9="}]`, "[1]\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		values, err := ParseRow(line)
		if err != nil {
			return
		}
		again, err := AppendRow(nil, values)
		if err != nil || !bytes.Equal(bytes.TrimSuffix(again, []byte("\n")), bytes.TrimSuffix(line, []byte("\n"))) {
			t.Fatalf("%q was read as %v and written as %q, %v", line, values, again, err)
		}
	})
}
