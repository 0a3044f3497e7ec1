//! Messages as forms.

use deskless_tests::World;
use http::Method;
use serde_json::{Value, json};

const ACCOUNT: &str = "/dialects/chatwoot/api/v1/accounts/1";

#[tokio::test]
async fn fields_with_brackets_are_not_lost() {
    let world = World::new().await;
    let key = world.server_key();
    let made = key.post(&format!("{ACCOUNT}/conversations"), &json!({ "source_id": "cus_1" })).await.expect(200);
    let path = format!("{ACCOUNT}/conversations/{}/messages", made["id"]);
    let send = async |fields: &[(&str, &str)], status: u16| -> Value {
        let parts = fields
            .iter()
            .map(|(name, value)| format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
        let form = parts.collect::<String>() + "--x--\r\n";
        key.ask(Method::POST, &path).body("multipart/form-data; boundary=x", form).send().await.expect(status)
    };
    let fields = [("content", "Hi"), ("content_attributes[reply]", "5"), ("content_attributes[deep]", "x")];
    assert_eq!(send(&fields, 200).await["content_attributes"], json!({ "reply": "5", "deep": "x" }));
    for (name, named) in [
        ("attachments[]", "attachments"),
        ("attachments", "attachments"),
        ("content_attributes[a][b]", "content_attributes[a][b]"),
    ] {
        let refused = send(&[("content", "Hi"), (name, "x")], 422).await;
        assert_eq!(refused["attributes"], json!([named]), "{name}: {refused}");
    }
    let both = [("content_attributes", "{\"a\":1}"), ("content_attributes[a]", "2"), ("content", "Hi")];
    let _ = send(&both, 422).await;
}
