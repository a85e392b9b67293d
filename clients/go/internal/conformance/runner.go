package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"time"
)

const scenarioTime = 60 * time.Second

// Context is what a runner is told about the server.
type Context struct {
	GRPC      string            `json:"grpc"`
	Web       string            `json:"web"`
	Simulator string            `json:"simulator"`
	Socket    string            `json:"socket"`
	Access    map[string]string `json:"access"`
	Variables map[string]any    `json:"variables"`
}

// Scenario is one of the files.
type Scenario struct {
	Name    string           `json:"name"`
	Steps   []map[string]any `json:"steps"`
	Finally []map[string]any `json:"finally"`
}

// line is what is said about a scenario.
type line struct {
	Scenario string  `json:"scenario"`
	OK       bool    `json:"ok"`
	Seconds  float64 `json:"seconds"`
	Step     *int    `json:"step,omitempty"`
	Message  string  `json:"message,omitempty"`
}

// Load reads a context or a scenario.
func Load(path string, into any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

// Run runs scenarios one after the other and writes a line of JSON for each; it returns whether all
// held.
func Run(context Context, scenarios []Scenario, out io.Writer) (bool, error) {
	held := true
	for _, scenario := range scenarios {
		found := run(context, scenario)
		held = held && found.OK
		text, err := json.Marshal(found)
		if err != nil {
			return false, err
		}
		if _, err := fmt.Fprintf(out, "%s\n", text); err != nil {
			return false, err
		}
	}
	return held, nil
}

func run(where Context, scenario Scenario) line {
	started := time.Now()
	found := line{Scenario: scenario.Name, OK: true}
	fail := func(step int, err error) {
		if err != nil && found.OK {
			found.OK, found.Step, found.Message = false, &step, err.Error()
		}
	}
	fail(0, reset(where))
	ctx, cancel := context.WithTimeout(context.Background(), scenarioTime)
	defer cancel()
	scene := newScene(where)
	for index, step := range scenario.Steps {
		if !found.OK {
			break
		}
		fail(index, scene.do(ctx, step))
	}
	after, cancelAfter := context.WithTimeout(context.Background(), scenarioTime)
	defer cancelAfter()
	for _, step := range scenario.Finally {
		fail(-1, scene.do(after, step))
	}
	fail(-1, scene.close())
	found.Seconds = math.Round(time.Since(started).Seconds()*1000) / 1000
	return found
}

// reset takes the simulator back to its start.
func reset(where Context) error {
	browser := newBrowser(where)
	request, err := http.NewRequest(http.MethodPost, where.Simulator+"/control/reset", nil)
	if err != nil {
		return err
	}
	response, err := browser.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the simulator cannot be reset: status %d", response.StatusCode)
	}
	return nil
}

func (c Context) startVariables() map[string]any {
	variables := map[string]any{"web": c.Web, "simulator": c.Simulator}
	for name, value := range c.Variables {
		variables[name] = value
	}
	return variables
}
