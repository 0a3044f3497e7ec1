use std::{convert::Infallible, path::PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use deskless_domain::{ConversationId, FileSize};
use futures_util::stream;
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use reqwest::{
    Body,
    multipart::{Form, Part},
};
use serde_json::{Value, json};

use crate::api::{Api, Options};

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
    #[command(flatten)]
    api: Options,
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
    let api = arguments.api.api()?;
    let announced = json!({
        "fileName": name,
        "contentType": content_type,
        "size": bytes.len(),
        "conversationId": arguments.conversation,
    });
    let signed = api.post("files/sign", &announced).await?;
    post_form(&api, &signed["upload"], &name, bytes).await?;
    let file = api.post("files", &json!({ "fileId": signed["file"]["id"] })).await?["file"].take();
    if arguments.api.json {
        println!("{file}");
    } else {
        let text = |field: &str| file[field].as_str().unwrap_or_default().to_owned();
        let size = HumanBytes(file["size"].as_u64().unwrap_or_default());
        println!("{} ({}, {size}) is the file {}.", text("fileName"), text("contentType"), text("id"));
    }
    Ok(())
}

/// Posts the signed form with the file in it.
async fn post_form(api: &Api, upload: &Value, name: &str, bytes: Vec<u8>) -> Result<()> {
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
    let request = api.client().post(upload["url"].as_str().unwrap_or_default()).multipart(form.part("file", file));
    let answer = request.send().await.context("the bucket does not answer")?;
    let status = answer.status();
    let text = answer.text().await.context("the bucket's answer cannot be read")?;
    bar.finish_and_clear();
    if !status.is_success() {
        let said = text.split_once("<Message>").and_then(|(_, rest)| rest.split_once("</Message>"));
        bail!("the bucket refuses the file ({status}): {}", said.map_or(text.as_str(), |(message, _)| message));
    }
    Ok(())
}
