// golang.org/x/oauth2, on which rclone and many others stand. It is asked as the programs of `clients/` are: a line of
// JSON in, a line of JSON out, until its input ends.
package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
	"golang.org/x/oauth2/microsoft"
)

type application struct {
	ID          string `json:"id"`
	Secret      string `json:"secret"`
	RedirectURI string `json:"redirectUri"`
}

type question struct {
	Flow        string `json:"flow"`
	Application string `json:"application"`
	Scope       string `json:"scope"`
	Harness     string `json:"harness"`
	Server      struct {
		URL      string      `json:"url"`
		Tenant   string      `json:"tenant"`
		Python   string      `json:"python"`
		User     string      `json:"user"`
		Password string      `json:"password"`
		Defaults bool        `json:"defaults"`
		Desktop  application `json:"desktop"`
		Web      application `json:"web"`
	} `json:"server"`
}

type answers map[string]interface{}

var flows = map[string]func(question) (answers, error){
	"client-credentials": clientCredentials,
	"sign-in":            signIn,
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var asked question
		answer := answers{}
		err := json.Unmarshal(lines.Bytes(), &asked)
		if err == nil {
			var result answers
			result, err = flows[asked.Flow](asked)
			answer["result"] = result
		}
		if err != nil {
			answer = answers{"error": err.Error()}
		}
		line, _ := json.Marshal(answer)
		fmt.Println(string(line))
	}
}

func (asked question) application() application {
	if asked.Application == "web" {
		return asked.Server.Web
	}
	return asked.Server.Desktop
}

// On its defaults it takes the addresses from the package that knows them.
func (asked question) endpoint() oauth2.Endpoint {
	if asked.Server.Defaults {
		return microsoft.AzureADEndpoint(asked.Server.Tenant)
	}
	base := asked.Server.URL + "/" + asked.Server.Tenant + "/oauth2/v2.0"
	return oauth2.Endpoint{AuthURL: base + "/authorize", TokenURL: base + "/token"}
}

func signIn(asked question) (answers, error) {
	app := asked.application()
	config := oauth2.Config{
		ClientID:     app.ID,
		ClientSecret: app.Secret,
		RedirectURL:  app.RedirectURI,
		Scopes:       strings.Split(asked.Scope, " "),
		Endpoint:     asked.endpoint(),
	}
	ctx, state, verifier := context.Background(), random(), random()
	challenge := sha256.Sum256([]byte(verifier))
	page := config.AuthCodeURL(state,
		oauth2.SetAuthURLParam("code_challenge", base64.RawURLEncoding.EncodeToString(challenge[:])),
		oauth2.SetAuthURLParam("code_challenge_method", "S256"))
	code, err := visit(asked, page, state)
	if err != nil {
		return nil, err
	}
	signedIn, err := config.Exchange(ctx, code, oauth2.SetAuthURLParam("code_verifier", verifier))
	if err != nil {
		return nil, err
	}
	// What a program has that was started again: a refresh names no scope.
	stored := &oauth2.Token{RefreshToken: signedIn.RefreshToken, Expiry: time.Now().Add(-time.Hour)}
	same, err := config.TokenSource(ctx, stored).Token()
	if err != nil {
		return nil, err
	}
	// And once more with what that gave, as a program does that runs for years.
	again, err := config.TokenSource(ctx, &oauth2.Token{RefreshToken: same.RefreshToken}).Token()
	if err != nil {
		return nil, err
	}
	return answers{"signedIn": signedIn.AccessToken, "same": same.AccessToken, "again": again.AccessToken}, nil
}

func clientCredentials(asked question) (answers, error) {
	app := asked.Server.Web
	config := clientcredentials.Config{
		ClientID:     app.ID,
		ClientSecret: app.Secret,
		TokenURL:     asked.endpoint().TokenURL,
		Scopes:       []string{asked.Scope},
	}
	token, err := config.Token(context.Background())
	if err != nil {
		return nil, err
	}
	return answers{"signedIn": token.AccessToken}, nil
}

// The person opens the page, and the code is in the address where they end: see harness/person.py.
func visit(asked question, page, state string) (string, error) {
	redirectURI := asked.application().RedirectURI
	person := exec.Command(asked.Server.Python, filepath.Join(asked.Harness, "person.py"), page, redirectURI)
	person.Env = append(os.Environ(), "PERSON_NAME="+asked.Server.User, "PERSON_PASSWORD="+asked.Server.Password)
	person.Stderr = os.Stderr
	end, err := person.Output()
	if err != nil {
		return "", err
	}
	address, err := url.Parse(strings.TrimSpace(string(end)))
	if err != nil {
		return "", err
	}
	query := address.Query()
	if query.Get("state") != state || query.Get("code") == "" {
		return "", fmt.Errorf("no code for this state: %v", query)
	}
	return query.Get("code"), nil
}

func random() string {
	octets := make([]byte, 32)
	if _, err := rand.Read(octets); err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(octets)
}
