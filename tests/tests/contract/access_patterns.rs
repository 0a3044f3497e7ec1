//! The document of access patterns and the code, held together: what it says of trips and units is what the engine
//! reports.

use std::{collections::BTreeMap, time::Duration};

use deskless_domain::Kind;
use deskless_tests::{Delivery, Faults, Meter, Role, TestResponse, Upload, Worker, World, example_conversation};
use http::Method;
use serde_json::{Value, json};

const DOCUMENT: &str = include_str!("../../../shared/store/ACCESS_PATTERNS.md");
const PATH: &str = "/api/v1/conversations";

/// What one row of the document says: trips, read units, write units, and write units for a row of 1.5 KB.
#[derive(Debug, Clone, PartialEq)]
struct Budget {
    trips: usize,
    reads: f64,
    writes: f64,
    larger: Option<f64>,
}

/// The rows of the budget table by their name, such as `AP-09 new customer`.
fn documented() -> BTreeMap<String, Budget> {
    let rows = DOCUMENT.lines().filter(|line| line.starts_with("| AP-"));
    rows.map(|line| {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [name, _, trips, reads, writes, larger] = cells[..] else { panic!("{line}: six cells") };
        let number = |text: &str| text.parse::<f64>().ok();
        let budget = Budget {
            trips: trips.parse().unwrap_or_else(|_| panic!("{line}: trips are a number")),
            reads: number(reads).unwrap_or_else(|| panic!("{line}: reads are a number")),
            writes: number(writes).unwrap_or_else(|| panic!("{line}: writes are a number")),
            larger: number(larger),
        };
        (name.to_owned(), budget)
    })
    .collect()
}

/// A row shaped like the core contract's example, or one of about 1.5 KB.
fn conversation(large: bool) -> Value {
    let mut body = example_conversation();
    body.as_object_mut().expect("an object").remove("externalId");
    if large {
        body["metadata"] = json!({ "note": "x".repeat(700) });
    }
    body
}

struct Bench {
    world: World,
    large: bool,
}

impl Bench {
    async fn new(large: bool) -> Self {
        let faults = Faults { delay: Duration::from_millis(80), ..Faults::default() };
        let bench = Self { world: World::behind_proxy(faults).await, large };
        // The key is looked up once and then remembered: authentication is AP-01, and is not counted elsewhere.
        let _ = bench.world.server_key().get("/api/v1/conversations/x").await.expect(404);
        bench
    }

    async fn open(&self) -> String {
        let made = self.world.server_key().open(&conversation(self.large)).await;
        format!("{PATH}/{}", made["id"].as_str().expect("an id"))
    }

    /// What one request costs.
    async fn cost(&self, method: Method, path: &str, key: Option<&str>, body: Option<&Value>) -> Meter {
        let _ = self.world.proxy().take_meter();
        let mut ask = self.world.server_key().ask(method, path);
        if let Some(key) = key {
            ask = ask.header("idempotency-key", key);
        }
        if let Some(body) = body {
            ask = ask.json(body);
        }
        // A millisecond later, so that no id has to be taken twice; the key is still remembered.
        self.world.clock.advance_millis(1);
        let answer: TestResponse = ask.send_now().await;
        assert!(answer.status.is_success(), "{path}: {:?}", answer.bytes);
        self.world.proxy().take_meter()
    }

    async fn post(&self, path: &str, body: &Value) -> Meter {
        self.cost(Method::POST, path, None, Some(body)).await
    }

    async fn get(&self, path: &str) -> Meter {
        self.cost(Method::GET, path, None, None).await
    }
}

/// What each pattern of the document costs. One world for each, so that none sees another's rows.
async fn measure(large: bool) -> BTreeMap<String, Meter> {
    let mut costs = BTreeMap::new();
    let mut put = |name: &str, meter: Meter| costs.insert(name.to_owned(), meter);

    let bench = Bench::new(large).await;
    let _ = bench.open().await;
    put("AP-09", bench.post(PATH, &conversation(large)).await);
    let mut stranger = conversation(large);
    stranger["customer"] = json!({ "id": "cus_new", "name": "Grace Hopper" });
    put("AP-09 new customer", bench.post(PATH, &stranger).await);
    stranger["customer"] = json!({ "id": "cus_newer", "name": "Alan Turing", "email": "alan@example.com" });
    put("AP-09 new customer with email", bench.post(PATH, &stranger).await);
    let mut external = conversation(large);
    external["externalId"] = json!("ticket_124");
    put("AP-10 externalId", bench.post(PATH, &external).await);
    external["externalId"] = json!("ticket_125");
    external["message"] = json!({ "body": "I am getting a 401 from POST /orders." });
    external["customer"] = json!({ "id": "cus_newest", "name": "Edsger Dijkstra" });
    put("AP-10 everything", bench.cost(Method::POST, PATH, Some("k"), Some(&external)).await);
    put("AP-10 replayed", bench.cost(Method::POST, PATH, Some("k"), Some(&external)).await);

    let bench = Bench::new(large).await;
    let path = bench.open().await;
    put("AP-08", bench.get(&path).await);
    let change = async |body: Value| bench.cost(Method::PATCH, &path, None, Some(&body)).await;
    put("AP-11", change(json!({ "priority": "high" })).await);
    put("AP-11 status", change(json!({ "status": "solved" })).await);
    let thread = format!("{path}/messages");
    let said = json!({ "role": "assistant", "body": "I am getting a 401 from POST /orders." });
    put("AP-12", bench.post(&thread, &said).await);
    put("AP-12 note", bench.post(&thread, &json!({ "type": "note", "body": "Rings often." })).await);
    put("AP-13", bench.cost(Method::POST, &thread, Some("k"), Some(&said)).await);
    put("AP-13 replayed", bench.cost(Method::POST, &thread, Some("k"), Some(&said)).await);

    let bench = Bench::new(large).await;
    let mut carried = conversation(large);
    carried["channel"] = json!("whatsapp");
    let opened = bench.world.server_key().open(&carried).await;
    let thread = format!("{PATH}/{}/messages", opened["id"].as_str().expect("an id"));
    let mut named = said.clone();
    named["externalId"] = json!("wamid.1");
    put("AP-30", bench.post(&thread, &named).await);
    put("AP-30 repeated", bench.post(&thread, &named).await);
    let listed = bench.world.server_key().get(&thread).await.expect(200);
    let first = format!("{thread}/{}", listed["messages"][0]["id"].as_str().expect("an id"));
    let report = async |body: Value| bench.cost(Method::PATCH, &first, None, Some(&body)).await;
    put("AP-31", report(json!({ "deliveryStatus": "sent" })).await);
    put("AP-31 late", report(json!({ "deliveryStatus": "queued" })).await);
    put("AP-31 externalId", report(json!({ "deliveryStatus": "read", "externalId": "wamid.2" })).await);
    let show = json!({ "template": { "name": "hello", "language": "de" }, "to": "+15551234567" });
    let path = format!("{thread}/transform");
    put("AP-33", bench.cost(Method::POST, &path, Some("k"), Some(&show)).await);
    put("AP-33 replayed", bench.cost(Method::POST, &path, Some("k"), Some(&show)).await);
    let _ = bench.world.server_key().post(&thread, &said).await.expect(201);
    put("AP-32", bench.cost(Method::DELETE, &first, None, None).await);
    let listed = bench.world.server_key().get(&thread).await.expect(200);
    let newest = format!("{thread}/{}", listed["messages"][0]["id"].as_str().expect("an id"));
    put("AP-32 newest", bench.cost(Method::DELETE, &newest, None, None).await);

    let bench = Bench::new(large).await;
    let mut doomed = conversation(large);
    doomed["externalId"] = json!("ticket_126");
    let doomed = bench.world.server_key().open(&doomed).await;
    let doomed = format!("{PATH}/{}", doomed["id"].as_str().expect("an id"));
    put("AP-15", bench.cost(Method::DELETE, &doomed, None, None).await);
    put("AP-43", bench.get(&format!("{PATH}/counts")).await);

    let bench = Bench::new(large).await;
    let path = bench.open().await;
    put("AP-14", bench.get(&format!("{path}/messages")).await);
    for _ in 0..20 {
        let _ = bench.open().await;
    }
    put("AP-02", bench.get(&format!("{PATH}?status=open")).await);
    put("AP-03", bench.get(PATH).await);
    put("AP-44", bench.get(&format!("{PATH}/counts?customerId=cus_123")).await);
    put("AP-04", bench.get(&format!("{PATH}?customerId=cus_123")).await);
    put("AP-05", bench.get(&format!("{PATH}?customerEmail=ada@example.com")).await);
    let member = json!({ "name": "Grace Hopper", "email": "grace@example.com" });
    let member = bench.world.server_key().post("/api/v1/members", &member).await.expect(201)["member"]["id"].clone();
    let assign = json!({ "assigneeId": member });
    let assigned = bench.world.server_key().get(&format!("{PATH}?limit=100")).await.expect(200);
    for conversation in assigned["conversations"].as_array().expect("an array") {
        let path = format!("{PATH}/{}", conversation["id"].as_str().expect("an id"));
        put("AP-11 assignee", bench.cost(Method::PATCH, &path, None, Some(&assign)).await);
    }
    put("AP-06", bench.get(&format!("{PATH}?assigneeId={}", member.as_str().expect("an id"))).await);
    put("AP-07", bench.get(&format!("{PATH}?assistantId=none&escalated=false")).await);
    let _ = bench.post(&format!("{path}/read"), &json!({})).await;
    put("AP-60", bench.post(&format!("{path}/read"), &json!({})).await);

    let bench = Bench::new(large).await;
    measure_bulk_actions(&bench, &mut put).await;

    let bench = Bench::new(large).await;
    measure_workspace(&bench, &mut put).await;

    let bench = Bench::new(large).await;
    measure_files(&bench, &mut put).await;

    let bench = Bench::new(large).await;
    bench.world.clock.advance_millis(20_000);
    let meter = bench.get("/api/v1/conversations?status=solved").await;
    let keys = meter.operations.iter().filter(|operation| *operation == "GetItem").count();
    put("AP-01", Meter { trips: keys, reads: meter.reads - 0.5, ..Meter::default() });
    automations(large, &mut costs).await;
    own(large, &mut costs).await;
    costs
}

/// What bulk actions cost, of one conversation where it is done at once.
async fn measure_bulk_actions(bench: &Bench, put: &mut impl FnMut(&str, Meter) -> Option<Meter>) {
    let bulk = "/api/v1/bulk-actions";
    let path = bench.open().await;
    let id = path.rsplit('/').next().expect("an id");
    let one = json!({ "action": "tag", "add": ["vip"], "conversationIds": [id] });
    let _ = put("AP-72 done at once", bench.post(bulk, &one).await);
    let _ = put("AP-72 nothing to change", bench.post(bulk, &one).await);
    let solve = json!({ "action": "update_status", "status": "solved", "conversationIds": [id] });
    let _ = put("AP-72 status", bench.post(bulk, &solve).await);
    let many = json!({ "action": "tag", "add": ["vip"], "filter": { "status": "open" } });
    let _ = put("AP-72", bench.post(bulk, &many).await);
    let _ = put("AP-72 with an Idempotency-Key", bench.cost(Method::POST, bulk, Some("k"), Some(&many)).await);
    let listed = bench.world.server_key().get(bulk).await.expect(200);
    let path = format!("{bulk}/{}", listed["bulkActions"][0]["id"].as_str().expect("an id"));
    let _ = put("AP-71", bench.get(&path).await);
    let _ = put("AP-73", bench.get(bulk).await);
    let _ = put("AP-74", bench.post(&format!("{path}/cancel"), &json!({})).await);
    let mut tried = many;
    tried["dryRun"] = json!(true);
    let _ = put("AP-76", bench.post(bulk, &tried).await);
}

/// What the workspace's resources cost.
async fn measure_workspace(bench: &Bench, put: &mut impl FnMut(&str, Meter) -> Option<Meter>) {
    let filler = if bench.large { "x".repeat(1000) } else { "Answers first.".to_owned() };
    let assistants = "/api/v1/assistants";
    let body = json!({ "name": "Robot", "description": filler });
    let made = bench.world.server_key().post(assistants, &body).await.expect(201);
    let path = format!("{assistants}/{}", made["assistant"]["id"].as_str().expect("an id"));
    let _ = put("AP-16", bench.get(&path).await);
    let _ = put("AP-17", bench.post(assistants, &body).await);
    let _ = put("AP-17 with an Idempotency-Key", bench.cost(Method::POST, assistants, Some("k"), Some(&body)).await);
    let _ = put("AP-18", bench.cost(Method::PATCH, &path, None, Some(&json!({ "name": "Robbie" }))).await);
    let _ = put("AP-18 delete", bench.cost(Method::DELETE, &path, None, None).await);
    let _ = put("AP-19", bench.get(assistants).await);
    let credential = bench.world.store.find_key(&bench.world.key().secret).await.expect("it answers").expect("a key");
    let tenant = bench.world.store.tenant(&credential);
    let _ = bench.world.proxy().take_meter();
    let kinds = [Kind::Inbox, Kind::Member, Kind::Assistant, Kind::Pipeline];
    let _ = tenant.directory(&kinds).await.expect("names");
    let _ = put("AP-20", bench.world.proxy().take_meter());

    let customers = "/api/v1/customers";
    let body = json!({ "id": "cus_1", "name": "Ada", "email": "ada@example.com", "metadata": { "note": filler } });
    let _ = put("AP-24 new with email", bench.post(customers, &body).await);
    let _ = put("AP-24 new", bench.post(customers, &json!({ "id": "cus_2", "metadata": { "note": filler } })).await);
    let _ =
        put("AP-24 found by email", bench.post(customers, &json!({ "email": "ada@example.com", "name": "A" })).await);
    let _ = put("AP-21", bench.get(&format!("{customers}/cus_1")).await);
    let _ = put("AP-22", bench.get(&format!("{customers}?email=ada@example.com")).await);
    let _ = put("AP-23", bench.get(customers).await);
    let change = async |body: Value| bench.cost(Method::PATCH, &format!("{customers}/cus_1"), None, Some(&body)).await;
    let _ = put("AP-25", change(json!({ "company": "Engines" })).await);
    let _ = put("AP-25 email", change(json!({ "email": "ada@example.org" })).await);
    let _ = put("AP-46", bench.cost(Method::DELETE, &format!("{customers}/cus_1"), None, None).await);

    measure_replies(bench, put).await;

    let keys = "/api/v1/api-keys";
    let _ = put("AP-26", bench.post(keys, &json!({ "name": "a", "scopes": ["read:files"] })).await);
    let _ = put("AP-27", bench.get(keys).await);
    let path = format!("{keys}/{}", bench.world.key().key.id);
    let _ = put("AP-28", bench.get(&path).await);
    let _ = put("AP-29", bench.cost(Method::PATCH, &path, None, Some(&json!({ "name": "b" }))).await);
}

/// What files cost, besides what S3 does.
async fn measure_files(bench: &Bench, put: &mut impl FnMut(&str, Meter) -> Option<Meter>) {
    let ours = bench.world.server_key();
    let conversation = bench.open().await;
    let id = conversation.rsplit('/').next().expect("an id");
    let files = "/api/v1/files";
    let announce = json!({ "fileName": "a.txt", "contentType": "text/plain", "size": 5, "conversationId": null });
    let _ = put("AP-61 the workspace's", bench.post(&format!("{files}/sign"), &announce).await);
    let mut announce = announce;
    announce["conversationId"] = json!(id);
    let _ = put("AP-61", bench.post(&format!("{files}/sign"), &announce).await);
    let signed = ours.post(&format!("{files}/sign"), &announce).await.expect(201);
    Upload::of(&signed["upload"], "hello").expect_accepted().await;
    let register = json!({ "fileId": signed["file"]["id"] });
    let _ = put("AP-62", bench.post(files, &register).await);
    let _ = put("AP-62 again", bench.post(files, &register).await);
    let path = format!("{files}/{}", signed["file"]["id"].as_str().expect("an id"));
    let _ = put("AP-63", bench.get(&path).await);
    let said = json!({ "role": "assistant", "body": "Look", "attachments": [register] });
    let _ = put("AP-66", bench.post(&format!("{conversation}/messages"), &said).await);
    let brochure = ours.upload(&json!(null), "a.txt", "hello").await;
    let brochure = format!("{files}/{}", brochure["id"].as_str().expect("an id"));
    let _ = put("AP-63 the workspace's", bench.get(&brochure).await);
    let _ = put("AP-64", bench.cost(Method::DELETE, &path, None, None).await);
}

/// What predefined messages cost, and what is said with them.
async fn measure_replies(bench: &Bench, put: &mut impl FnMut(&str, Meter) -> Option<Meter>) {
    let path = "/api/v1/predefined-messages";
    let text = if bench.large { "x".repeat(1000) } else { "Answers first.".to_owned() };
    let body = |content: String| json!({ "title": "Greeting", "content": content });
    let made = async |content: String| {
        let made = bench.world.server_key().post(path, &body(content)).await.expect(201);
        made["predefinedMessage"]["id"].as_str().expect("an id").to_owned()
    };
    let plain = made(format!("Hello {{{{customer.name}}}}, {text}")).await;
    let named = made("{{workspace.name}}".to_owned()).await;
    let _ = put("AP-80", bench.get(path).await);
    let _ = put("AP-17 by title", bench.post(path, &body(text)).await);
    let other = json!({ "title": "Welcome" });
    let _ = put("AP-18 by title", bench.cost(Method::PATCH, &format!("{path}/{plain}"), None, Some(&other)).await);
    let opened = bench.world.server_key().open(&conversation(bench.large)).await;
    let to = json!({ "conversationId": opened["id"] });
    let render = bench.post(&format!("{path}/{plain}/render"), &to).await;
    let with_name = bench.post(&format!("{path}/{named}/render"), &to).await;
    let name =
        Meter { trips: with_name.trips - render.trips, reads: with_name.reads - render.reads, ..Meter::default() };
    let _ = put("AP-81", render);
    let _ = put("AP-84", name);
    let thread = format!("{PATH}/{}/messages", opened["id"].as_str().expect("an id"));
    let said = json!({ "role": "assistant", "predefinedMessageId": named });
    let _ = put("AP-82", bench.post(&thread, &said).await);
    let mut opening = conversation(bench.large);
    opening["message"] = json!({ "role": "assistant", "predefinedMessageId": plain });
    let _ = put("AP-83", bench.post(PATH, &opening).await);
}

/// What automations cost, and what follows from their being there.
async fn automations(large: bool, costs: &mut BTreeMap<String, Meter>) {
    const AUTOMATIONS: &str = "/api/v1/automations";
    let bench = Bench::new(large).await;
    let world = &bench.world;
    let drained = async |worker: Worker| {
        let _ = world.proxy().take_meter();
        let _ = world.drain_to(worker, Delivery::default()).await;
        world.proxy().take_meter()
    };
    let conversation = bench.open().await;
    let _ = drained(Worker::Events).await;
    let thread = format!("{conversation}/messages");
    let note = json!({ "type": "note", "body": "Rings often." });
    world.clock.advance_millis(30_000);
    let _ = bench.post(&thread, &note).await;
    costs.insert("AP-88".to_owned(), drained(Worker::Events).await);
    let _ = bench.post(&thread, &note).await;
    assert_eq!(drained(Worker::Events).await.trips, 0, "it is remembered that there are none");

    let make = async |trigger: &str, action: Value| {
        let body = json!({ "name": "A", "trigger": trigger, "actions": [action] });
        let made = world.server_key().post(AUTOMATIONS, &body).await.expect(201);
        format!("{AUTOMATIONS}/{}", made["automation"]["id"].as_str().expect("an id"))
    };
    let tag = json!({ "action": "tag", "add": ["vip"] });
    let tagging = make("message.created", tag).await;
    let noting = make("manual", note_action()).await;
    let calling = make("manual", json!({ "action": "call_webhook", "url": "https://hooks.example.com" })).await;
    world.clock.advance_millis(30_000);
    let _ = bench.post(&thread, &note).await;
    let first = drained(Worker::Events).await;
    let _ = bench.post(&thread, &note).await;
    let again = drained(Worker::Events).await;
    assert_eq!((first.trips, again.trips), (2, 1), "the automations are read once");
    costs.insert("AP-89".to_owned(), again);
    let _ = drained(Worker::Jobs).await;
    let _ = drained(Worker::Events).await;

    let body = json!({ "conversationId": conversation.rsplit('/').next().expect("an id") });
    for (name, automation) in [("AP-91", &tagging), ("AP-92", &noting), ("AP-93", &calling)] {
        let opened = if name == "AP-91" { bench.open().await } else { conversation.clone() };
        let body = json!({ "conversationId": opened.rsplit('/').next().expect("an id") });
        let queued = bench.post(&format!("{automation}/executions"), &body).await;
        if name == "AP-91" {
            costs.insert("AP-85".to_owned(), queued);
        }
        costs.insert(name.to_owned(), drained(Worker::Jobs).await);
    }
    let runs = format!("{noting}/executions");
    let once = bench.cost(Method::POST, &runs, Some("k"), Some(&body)).await;
    costs.insert("AP-85 with an Idempotency-Key".to_owned(), once);
    let listed = world.server_key().get(&runs).await.expect(200);
    costs.insert("AP-87".to_owned(), bench.get(&runs).await);
    let run = format!("{runs}/{}", listed["executions"][0]["id"].as_str().expect("an id"));
    costs.insert("AP-86".to_owned(), bench.get(&run).await);
}

fn note_action() -> Value {
    json!({ "action": "note", "body": "Rings often." })
}

/// What a customer's own requests cost, and what is asked on their way in.
async fn own(large: bool, costs: &mut BTreeMap<String, Meter>) {
    let bench = Bench::new(large).await;
    let world = &bench.world;
    let secret = world.rotate_identity().await;
    let browser = world.client_key().on_behalf_of(&world.token(&secret, "cus_123"));
    let cost = async |role: &Role<'_>, method: Method, path: &str, body: Option<&Value>| {
        let _ = world.proxy().take_meter();
        world.clock.advance_millis(1);
        let ask = role.ask(method, path);
        let answer = if let Some(body) = body { ask.json(body).send_now().await } else { ask.send_now().await };
        assert!(answer.status.is_success(), "{path}: {:?}", answer.bytes);
        world.proxy().take_meter()
    };
    // The key's look-up, the secrets' and the list itself, one after another.
    let first = cost(&browser, Method::GET, PATH, None).await;
    costs.insert("AP-50".to_owned(), Meter { trips: 1, writes: first.leases, ..Meter::default() });
    let list = cost(&browser, Method::GET, PATH, None).await;
    let reads = first.reads - list.reads - 1.0;
    costs.insert("AP-51".to_owned(), Meter { trips: first.trips - list.trips - 1, reads, ..Meter::default() });

    let mut said = json!({ "subject": "Need help with auth" });
    let opened = cost(&browser, Method::POST, PATH, Some(&said)).await;
    assert!(opened.writes > 4.0, "the customer's record is new");
    said["customer"] = json!({ "name": "Ada Lovelace", "email": "ada@example.com" });
    costs.insert("AP-54".to_owned(), cost(&browser, Method::POST, PATH, Some(&said)).await);
    world.clock.advance_millis(20_000);
    let _ = cost(&world.server_key(), Method::GET, "/api/v1/openapi.json", None).await;
    let first = cost(&world.client_key(), Method::POST, PATH, Some(&said)).await;
    let stranger = cost(&world.client_key(), Method::POST, PATH, Some(&said)).await;
    let more = Meter {
        // The key is looked up before.
        trips: first.trips - stranger.trips - 1,
        reads: first.reads - stranger.reads - 1.0,
        writes: first.writes - stranger.writes,
        ..Meter::default()
    };
    costs.insert("AP-52".to_owned(), more);
    costs.insert("AP-54 stranger".to_owned(), stranger);

    let other = world.client_key().on_behalf_of(&world.token(&secret, "cus_list"));
    let mut path = String::new();
    for _ in 0..21 {
        let answer = other.post(PATH, &json!({ "subject": "Need help with auth" })).await.expect(201);
        path = format!("{PATH}/{}/messages", answer["conversation"]["id"].as_str().expect("an id"));
    }
    let _ = other.get(PATH).await.expect(200);
    costs.insert("AP-53".to_owned(), cost(&other, Method::GET, PATH, None).await);
    costs.insert("AP-55".to_owned(), cost(&other, Method::GET, &path, None).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn documented_budgets_match_the_engine() {
    let (small, large) = tokio::join!(measure(false), measure(true));
    let measured: BTreeMap<_, _> = small
        .into_iter()
        .map(|(name, meter)| {
            let larger = (meter.writes > 0.0).then(|| large[&name].writes);
            (name, Budget { trips: meter.trips, reads: meter.reads, writes: meter.writes, larger })
        })
        .collect();
    let documented = documented();
    let mut report = String::new();
    for name in measured.keys().chain(documented.keys()).collect::<std::collections::BTreeSet<_>>() {
        let (is, said) = (measured.get(name), documented.get(name));
        if is != said {
            report = format!("{report}{name}:\n  measured   {is:?}\n  documented {said:?}\n");
        }
    }
    assert!(report.is_empty(), "ACCESS_PATTERNS.md and the engine differ:\n{report}");
}

#[test]
fn code_and_document_name_the_same_patterns() {
    let sources = glob("../shared/store/src");
    let numbers = |text: &str| -> std::collections::BTreeSet<String> {
        let mut found = std::collections::BTreeSet::new();
        for (at, _) in text.match_indices("AP-") {
            let number: String = text[at..].chars().take(5).collect();
            if number[3..].chars().all(|c| c.is_ascii_digit()) {
                found.insert(number);
            }
        }
        found
    };
    assert_eq!(numbers(&sources), numbers(DOCUMENT));
}

/// All Rust source below a folder of the checkout, in one text.
fn glob(folder: &str) -> String {
    let mut text = String::new();
    let mut folders = vec![std::path::PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                text.push_str(&std::fs::read_to_string(&path).expect("text"));
            }
        }
    }
    text
}
