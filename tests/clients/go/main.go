// Uses the client that oapi-codegen generated: package deskless.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"

	"github.com/google/uuid"

	"deskless.test/client/deskless"
)

func check(ok bool, format string, values ...any) {
	if !ok {
		fmt.Fprintf(os.Stderr, format+"\n", values...)
		os.Exit(1)
	}
}

func must[T any](value T, err error) T {
	check(err == nil, "%v", err)
	return value
}

func main() {
	ctx := context.Background()
	authorize := func(_ context.Context, request *http.Request) error {
		request.Header.Set("Authorization", "Bearer "+os.Getenv("DESKLESS_API_KEY"))
		return nil
	}
	client := must(deskless.NewClientWithResponses(
		os.Getenv("DESKLESS_URL"), deskless.WithRequestEditorFn(authorize)))

	customer := "cus_go"
	created := must(client.CreateConversationWithResponse(ctx, nil, deskless.CreateConversationRequest{
		Subject:  "Where is my order?",
		Customer: deskless.CustomerRequest{Id: customer},
	}))
	check(created.JSON201 != nil, "create: %s", created.Body)
	conversation := created.JSON201.Conversation
	check(string(conversation.Status) == "open", "status: %s", conversation.Status)

	text := "Hello"
	added := must(client.CreateMessageWithResponse(ctx, conversation.Id, nil, deskless.CreateMessageRequest{Body: &text}))
	check(added.JSON201 != nil, "message: %s", added.Body)
	thread := must(client.ListMessagesWithResponse(ctx, conversation.Id, nil))
	check(thread.JSON200 != nil && len(thread.JSON200.Messages) == 1, "thread: %s", thread.Body)

	page := must(client.ListConversationsWithResponse(ctx, &deskless.ListConversationsParams{CustomerId: &customer}))
	check(page.JSON200 != nil && len(page.JSON200.Conversations) == 1, "list: %s", page.Body)

	solved := deskless.Status("solved")
	updated := must(client.UpdateConversationWithResponse(
		ctx, conversation.Id, nil, deskless.UpdateConversationRequest{Status: &solved}))
	check(updated.JSON200 != nil && updated.JSON200.Conversation.Status == solved, "update: %s", updated.Body)
	check(updated.JSON200.Conversation.ClosedAt != nil, "update: %s", updated.Body)

	unknown := uuid.MustParse("01900000-0000-7000-8000-000000000001")
	missing := must(client.GetConversationWithResponse(ctx, unknown, nil))
	problem := missing.ApplicationproblemJSON404
	check(problem != nil && string(problem.Code) == "not_found", "missing: %s", missing.Body)
	fmt.Println("ok")
}
