//! Feathers' query syntax and pages.

use serde_json::json;

use super::{Row, W, finds, get, id, ids, open, refused, row, say};

#[expect(clippy::too_many_lines, reason = "a list of rows")]
pub fn rows() -> Vec<Row> {
    vec![
        row("query.$limit", |w: W| async move {
            for _ in 0..3 {
                let _ = open(&w, json!({})).await;
            }
            let page = get(&w, "/conversations?$limit=2").await;
            assert_eq!(
                (&page["total"], &page["limit"], page["data"].as_array().expect("rows").len()),
                (&json!(3), &json!(2), 2)
            );
            let count = get(&w, "/conversations?$limit=0").await;
            assert_eq!((&count["total"], &count["data"]), (&json!(3), &json!([])));
            assert_eq!(get(&w, "/conversations?$limit=50").await["limit"], 50);
            let message = refused(&w, "/conversations?$limit=51").await;
            assert_eq!(message, "`$limit` must be at most 50. Use `$skip` for the next page.");
        }),
        row("query.$skip", |w: W| async move {
            let first = open(&w, json!({ "tags": ["a"] })).await;
            let second = open(&w, json!({ "tags": ["a"] })).await;
            let third = open(&w, json!({ "tags": ["b"] })).await;
            // The second query is compared here, the first one in the store.
            for filter in ["", "tag_id[$in][]=a&tag_id[$in][]=b&"] {
                let mut found = Vec::new();
                for skip in 0..4 {
                    let page = get(&w, &format!("/conversations?{filter}$limit=1&$skip={skip}")).await;
                    assert_eq!((&page["total"], &page["skip"]), (&json!(3), &json!(skip)));
                    found.extend(page["data"].as_array().expect("rows").iter().map(|row| id(row).to_owned()));
                }
                assert_eq!(found, [id(&third), id(&second), id(&first)], "{filter}");
            }
            assert!(refused(&w, "/conversations?$skip=10001").await.contains("page with `cursor`"));
        }),
        row("query.$sort", |w: W| async move {
            let first = open(&w, json!({})).await;
            let second = open(&w, json!({})).await;
            let _ = say(&w, &first, json!({ "body": "a" })).await;
            for (sort, expected) in [
                ("$sort[created_at]=-1", [id(&second), id(&first)]),
                ("$sort[created_at]=1", [id(&first), id(&second)]),
                ("$sort[last_message_at]=-1", [id(&first), id(&second)]),
                ("$sort[last_message_at]=1", [id(&second), id(&first)]),
            ] {
                for filter in ["", "tag_id[$ne]=x&"] {
                    assert_eq!(ids(&get(&w, &format!("/conversations?{filter}{sort}")).await), expected, "{sort}");
                }
            }
            assert!(refused(&w, "/conversations?$sort[status]=1").await.contains("must have one field"));
        }),
        row("query.$select", |w: W| async move {
            let opened = open(&w, json!({})).await;
            let page = get(&w, "/conversations?$select[0]=status&$select[1]=channel").await;
            assert_eq!(page["data"], json!([{ "id": opened["id"], "status": "open", "channel": opened["channel"] }]));
            assert!(refused(&w, "/conversations?$select[]=stauts").await.contains("Did you mean `status`?"));
        }),
        row("query.$ne", |w: W| async move {
            let sms = open(&w, json!({ "channel": "sms" })).await;
            let _ = open(&w, json!({ "channel": "whatsapp" })).await;
            finds(&w, "channel[$ne]=whatsapp", &[&sms]).await;
        }),
        row("query.$in", |w: W| async move {
            let sms = open(&w, json!({ "channel": "sms" })).await;
            let whatsapp = open(&w, json!({ "channel": "whatsapp" })).await;
            let _ = open(&w, json!({ "channel": "email" })).await;
            finds(&w, "channel[$in][0]=sms&channel[$in][1]=whatsapp", &[&sms, &whatsapp]).await;
            finds(&w, "channel[$in][]=sms", &[&sms]).await;
        }),
        row("query.$nin", |w: W| async move {
            let _ = open(&w, json!({ "channel": "sms" })).await;
            let _ = open(&w, json!({ "channel": "whatsapp" })).await;
            let email = open(&w, json!({ "channel": "email" })).await;
            finds(&w, "channel[$nin][0]=sms&channel[$nin][1]=whatsapp", &[&email]).await;
        }),
        row("query.$gt", |w: W| async move {
            let opened = open(&w, json!({})).await;
            for number in 0..3 {
                finds(&w, "unread_count[$gt]=2", &[]).await;
                let _ = say(&w, &opened, json!({ "body": number.to_string() })).await;
            }
            finds(&w, "unread_count[$gt]=2&unread_count[$gte]=3&unread_count[$lt]=4&unread_count[$lte]=3", &[&opened])
                .await;
            finds(&w, "unread_count[$lt]=3", &[]).await;
        }),
        row("query.$or", |w: W| async move {
            let sms = open(&w, json!({ "channel": "sms" })).await;
            let vip = open(&w, json!({ "channel": "email", "tags": ["vip"] })).await;
            let other = open(&w, json!({ "channel": "email" })).await;
            finds(&w, "$or[0][channel]=sms&$or[1][tag_id]=vip", &[&sms, &vip]).await;
            finds(&w, "channel=email&$or[0][tag_id][$ne]=vip&$or[1][channel]=sms", &[&other]).await;
            finds(&w, "$and[0][channel]=email&$and[1][tag_id]=vip", &[&vip]).await;
        }),
        row("query.unknown", |w: W| async move {
            for (query, field) in [
                ("stauts=open", "stauts"),
                ("status[$regex]=open", "status[$regex]"),
                ("$populate=contact", "$populate"),
                ("a[b][c][d][e][f][g]=1", "a[b][c][d][e][f][g]"),
                ("status[=open", "status["),
                ("assigned_user_id=7", "assigned_user_id"),
            ] {
                assert!(
                    refused(&w, &format!("/conversations?{query}")).await.contains(&format!("`{field}`")),
                    "{query}"
                );
            }
        }),
    ]
}
