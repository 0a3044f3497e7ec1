use std::{convert::Infallible, path::PathBuf, time::Duration};

use anyhow::{Context, Result, anyhow, bail};
use deskless_domain::{ConversationId, FileSize};
use futures_util::stream;
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use reqwest::{
    Body, Client, RequestBuilder,
    multipart::{Form, Part},
};
use serde_json::{Value, json};

use crate::local::Folder;

/// How much is handed over at once, and so how finely the bar moves.
const CHUNK: usize = 64 * 1024;

/// Options of `deskless upload`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The file.
    file: PathBuf,
    /// The conversation that it is for. Without it, the file is the workspace's.
    #[arg(long, value_name = "ID", value_parser = conversation_id)]
    conversation: Option<ConversationId>,
    /// What it is called, where that is not the name that it has here.
    #[arg(long)]
    name: Option<String>,
    /// Its media type, where its name says another or none.
    #[arg(long)]
    content_type: Option<String>,
    /// Where the API answers. Without it: on the local stack.
    #[arg(long, env = "DESKLESS_URL")]
    url: Option<String>,
    /// An API key with `write:files`. Without it: the local stack's.
    #[arg(long, env = "DESKLESS_API_KEY", hide_env_values = true)]
    key: Option<String>,
    #[command(flatten)]
    folder: Folder,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

fn conversation_id(text: &str) -> Result<ConversationId, String> {
    ConversationId::parse(text).ok_or_else(|| "a conversation's id is a UUID".to_owned())
}

/// The three steps of an upload: announce the file, post it to S3, register it.
pub async fn run(arguments: Arguments) -> Result<()> {
    let shown = arguments.file.display();
    let bytes = std::fs::read(&arguments.file).with_context(|| format!("{shown} cannot be read"))?;
    FileSize::new(bytes.len() as u64).map_err(|invalid| anyhow!("the size of {shown} {}", invalid.message))?;
    let name = match &arguments.name {
        Some(name) => name.clone(),
        None => arguments.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
    };
    let guessed = || mime_guess::from_path(&name).first_or_octet_stream().to_string();
    let content_type = arguments.content_type.clone().unwrap_or_else(guessed);
    let api = Api::of(&arguments)?;
    let announced = json!({
        "fileName": name,
        "contentType": content_type,
        "size": bytes.len(),
        "conversationId": arguments.conversation,
    });
    let signed = api.post("files/sign", &announced).await?;
    post_form(&signed["upload"], &name, bytes).await?;
    let file = api.post("files", &json!({ "fileId": signed["file"]["id"] })).await?["file"].take();
    if arguments.json {
        println!("{file}");
    } else {
        let text = |field: &str| file[field].as_str().unwrap_or_default().to_owned();
        let size = HumanBytes(file["size"].as_u64().unwrap_or_default());
        println!("{} ({}, {size}) is the file {}.", text("fileName"), text("contentType"), text("id"));
    }
    Ok(())
}

/// The API, as the holder of a key.
struct Api {
    url: String,
    key: String,
    client: Client,
}

impl Api {
    fn of(arguments: &Arguments) -> Result<Self> {
        let env = arguments.folder.env();
        let said = |given: &Option<String>, variable: &str| {
            given.clone().or_else(|| env.get(variable).map(str::to_owned)).ok_or_else(|| {
                anyhow!("there is no local stack here: start one with `make dev`, or name an API with --url and --key")
            })
        };
        let (url, key) = (said(&arguments.url, "DESKLESS_URL")?, said(&arguments.key, "DESKLESS_API_KEY")?);
        Ok(Self { url: url.trim_end_matches('/').to_owned(), key, client: client()? })
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let request = self.client.post(format!("{}/api/v1/{path}", self.url)).bearer_auth(&self.key).json(body);
        let (status, text) = send(request).await.with_context(|| {
            format!("{} does not answer: start the local stack with `make dev`, or name an API with --url", self.url)
        })?;
        let answer: Value =
            serde_json::from_str(&text).with_context(|| format!("this is no answer of ours: {text}"))?;
        if !(200..300).contains(&status) {
            bail!("{}", answer["detail"].as_str().unwrap_or("the API refuses it and does not say why"));
        }
        Ok(answer)
    }
}

fn client() -> Result<Client> {
    Ok(Client::builder().connect_timeout(Duration::from_secs(5)).build()?)
}

async fn send(request: RequestBuilder) -> Result<(u16, String)> {
    let answer = request.send().await?;
    Ok((answer.status().as_u16(), answer.text().await?))
}

/// Posts the signed form with the file in it.
async fn post_form(upload: &Value, name: &str, bytes: Vec<u8>) -> Result<()> {
    let fields = upload["fields"].as_object().context("the API's answer has no form")?;
    let form = fields.iter().fold(Form::new(), |form, (name, value)| {
        form.text(name.clone(), value.as_str().unwrap_or_default().to_owned())
    });
    let size = bytes.len() as u64;
    // On a terminal only.
    let bar = ProgressBar::new(size)
        .with_style(ProgressStyle::with_template("{wide_msg} {bar:30} {bytes}/{total_bytes} {eta}")?);
    bar.set_message(name.to_owned());
    let chunks: Vec<Vec<u8>> = bytes.chunks(CHUNK).map(<[u8]>::to_vec).collect();
    let progress = bar.clone();
    let chunks = chunks.into_iter().map(move |chunk| {
        progress.inc(chunk.len() as u64);
        Ok::<_, Infallible>(chunk)
    });
    // S3 wants to know the length beforehand, and the file last.
    let file = Part::stream_with_length(Body::wrap_stream(stream::iter(chunks)), size).file_name(name.to_owned());
    let request = client()?.post(upload["url"].as_str().unwrap_or_default()).multipart(form.part("file", file));
    let (status, text) = send(request).await.context("the bucket does not answer")?;
    bar.finish_and_clear();
    if !(200..300).contains(&status) {
        let said = text.split_once("<Message>").and_then(|(_, rest)| rest.split_once("</Message>"));
        bail!("the bucket refuses the file ({status}): {}", said.map_or(text.as_str(), |(message, _)| message));
    }
    Ok(())
}
