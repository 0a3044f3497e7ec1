//! Least privilege: each function may do what its operations do, and nothing else.

mod deliveries;
mod operations;

use std::collections::{BTreeMap, BTreeSet};

use deskless_tests::{Faults, Worker, World};
use serde_json::json;

use deliveries::deliveries;
pub use operations::of_s3;
use operations::{
    automations, bulk_actions, conversations, events, files, integrations, jobs, lease, messages, predefined_messages,
    timers, workspace,
};

use super::template;

#[tokio::test]
async fn each_function_may_do_what_its_operations_do_and_nothing_else() {
    let world = World::behind_proxy(Faults::default()).await;
    let _ = world.data_keys.take_permissions();
    let mut needed: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let asked = || {
        let mut asked = world.proxy().take_meter().permissions;
        asked.extend(world.data_keys.take_permissions());
        if !world.deliveries.take().is_empty() {
            let _ = asked.insert("lambda:InvokeFunction/deliveries".to_owned());
        }
        // Every function decrypts the data key itself.
        world.clock.advance_millis(300_000);
        asked
    };
    let _ = world.take_asked_of_s3();
    conversations(&world).await;
    needed.insert("conversations".to_owned(), &asked() | &of_s3(&world));
    let path = world.server_key().open_path().await;
    let _ = world.proxy().take_meter();
    // Whoever calls `messages` first is looked up by it.
    world.clock.advance_millis(30_000);
    messages(&world, &path).await;
    needed.insert("messages".to_owned(), &asked() | &of_s3(&world));
    world.clock.advance_millis(30_000);
    workspace(&world).await;
    needed.insert("workspace".to_owned(), asked());
    world.clock.advance_millis(30_000);
    predefined_messages(&world, &path).await;
    lease(&world).await;
    needed.insert("predefined-messages".to_owned(), asked());
    bulk_actions(&world).await;
    needed.insert("bulk-actions".to_owned(), asked());
    let _ = world.take_asked_of_s3();
    files(&world).await;
    let mut of_files = asked();
    of_files.extend(of_s3(&world));
    // What a registration clears away when its file is deleted meanwhile.
    of_files.insert("s3:DeleteObject/files".to_owned());
    needed.insert("files".to_owned(), of_files);
    automations(&world).await;
    lease(&world).await;
    needed.insert("automations".to_owned(), asked());
    integrations(&world).await;
    lease(&world).await;
    needed.insert("integrations".to_owned(), asked());
    let _ = world.take_asked_of_s3();
    events(&world).await;
    needed.insert("events".to_owned(), asked());
    assert_eq!(of_s3(&world), BTreeSet::new(), "only the other worker uses the files");
    jobs(&world).await;
    let mut of_jobs = asked();
    of_jobs.extend(of_s3(&world));
    needed.insert("jobs".to_owned(), of_jobs);
    timers(&world).await;
    needed.insert("timers".to_owned(), asked());
    deliveries(&world).await;
    needed.insert("deliveries".to_owned(), asked());
    needed.insert("discovery".to_owned(), BTreeSet::new());
    let functions = template::functions().into_iter().map(|f| (f.binary, f.permissions));
    // What dialects do is in `dialects`.
    let allowed: BTreeMap<_, _> = functions.filter(|(name, _)| name != "dialects").collect();
    assert_eq!(needed, allowed);
}

#[test]
fn workers_may_write_failed_records_and_nobody_else_may() {
    let template = template::parse();
    let resources = template["Resources"].as_object().expect("resources");
    let mut writers = BTreeSet::new();
    for resource in resources.values().filter(|resource| resource["Type"] == "AWS::Serverless::Function") {
        let name = resource["Metadata"]["BuildProperties"]["Binary"].as_str().expect("a binary");
        let statements = resource["Properties"]["Policies"][0]["Statement"].as_array().cloned().unwrap_or_default();
        let may_write = statements.iter().any(|statement| {
            statement["Action"] == "s3:PutObject" && statement["Resource"] == "${FailedEventsBucket.Arn}/*"
        });
        let bucket = &resource["Properties"]["Environment"]["Variables"]["FAILED_EVENTS_BUCKET"];
        assert_eq!(may_write, bucket == "FailedEventsBucket", "{name}: {bucket}");
        writers.extend(may_write.then_some(name));
    }
    assert_eq!(writers, Worker::ALL.map(Worker::name).into());
}

#[test]
fn functions_decrypt_only_data_keys_of_the_stack() {
    let template = template::parse();
    let key = &template["Resources"]["SecretsKey"];
    assert_eq!((&key["DeletionPolicy"], &key["UpdateReplacePolicy"]), (&json!("Retain"), &json!("Retain")));
    assert_eq!(key["Properties"]["EnableKeyRotation"], true);
    let resources = template["Resources"].as_object().expect("resources");
    for (name, resource) in resources.iter().filter(|(_, resource)| resource["Type"] == "AWS::Serverless::Function") {
        let properties = &resource["Properties"];
        let statements = properties["Policies"][0]["Statement"].as_array().cloned().unwrap_or_default();
        let kms: Vec<_> = statements.iter().filter(|statement| statement["Sid"] == "Secrets").collect();
        let either = json!(["MakeSecretsKey", "SecretsKey.Arn", "SecretsKeyArn"]);
        let knows_key = properties["Environment"]["Variables"]["SECRETS_KEY"] == either;
        assert_eq!(kms.len(), usize::from(knows_key), "{name}");
        for statement in kms {
            assert_eq!(statement["Resource"], either, "{name}");
            assert_eq!(
                statement["Condition"]["StringEquals"],
                json!({ "kms:EncryptionContext:purpose": "deskless-secrets" })
            );
        }
    }
}
