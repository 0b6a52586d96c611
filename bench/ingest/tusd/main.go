// tusd's handler over its file store, as its manual embeds them: without the drivers of clouds,
// which take minutes to build and carry no byte here.
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/tus/tusd/v2/pkg/filelocker"
	"github.com/tus/tusd/v2/pkg/filestore"
	"github.com/tus/tusd/v2/pkg/handler"
	"golang.org/x/exp/slog"
)

const place = "/files/"

// Serve uploads into the folder that is the only argument; print the port.
func main() {
	composer := handler.NewStoreComposer()
	filestore.New(os.Args[1]).UseIn(composer)
	filelocker.New(os.Args[1]).UseIn(composer)
	quiet := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	uploads, err := handler.NewHandler(handler.Config{
		BasePath: place, StoreComposer: composer, Logger: quiet,
	})
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	http.Handle(place, http.StripPrefix(place, uploads))
	log.Fatal(http.Serve(listener, nil))
}
