package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

// browser makes the HTTP requests of one scenario. It keeps the cookies of the web pages.
type browser struct {
	context Context
	client  *http.Client
	cookies map[string]string
}

func newBrowser(context Context) *browser {
	return &browser{
		context: context,
		cookies: map[string]string{},
		client: &http.Client{
			Transport: &http.Transport{Proxy: nil, DisableKeepAlives: true},
			CheckRedirect: func(*http.Request, []*http.Request) error {
				return http.ErrUseLastResponse
			},
		},
	}
}

// do makes the request of a step and returns its result.
func (b *browser) do(ctx context.Context, step map[string]any) (any, error) {
	request, err := b.request(ctx, step)
	if err != nil {
		return nil, err
	}
	response, err := b.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if step["base"] == "web" {
		for _, cookie := range response.Cookies() {
			b.cookies[cookie.Name] = cookie.Value
		}
	}
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	var body any = string(text)
	if kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type")); kind == "application/json" {
		if err := json.Unmarshal(text, &body); err != nil {
			return nil, err
		}
	}
	return map[string]any{"status": float64(response.StatusCode), "body": body}, nil
}

func (b *browser) request(ctx context.Context, step map[string]any) (*http.Request, error) {
	base := b.context.Simulator
	if step["base"] == "web" {
		base = b.context.Web
	}
	var body io.Reader
	kind := ""
	if value, ok := step["json"]; ok {
		text, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		body, kind = bytes.NewReader(text), "application/json"
	} else if form, ok := step["form"].(map[string]any); ok {
		values := url.Values{}
		for name, value := range form {
			values.Set(name, fmt.Sprint(value))
		}
		body, kind = strings.NewReader(values.Encode()), "application/x-www-form-urlencoded"
	}
	request, err := http.NewRequestWithContext(ctx, fmt.Sprint(step["http"]), base+fmt.Sprint(step["path"]), body)
	if err != nil {
		return nil, err
	}
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	if headers, ok := step["headers"].(map[string]any); ok {
		for name, value := range headers {
			request.Header.Set(name, fmt.Sprint(value))
		}
	}
	if step["base"] == "web" {
		for name, value := range b.cookies {
			request.AddCookie(&http.Cookie{Name: name, Value: value})
		}
	}
	return request, nil
}
