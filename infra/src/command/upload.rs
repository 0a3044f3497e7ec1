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

/// The number of bytes sent at once, and the step of the progress bar.
const CHUNK: usize = 64 * 1024;

/// Options of `deskless upload`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Path of the file.
    file: PathBuf,
    /// ID of the conversation that the file belongs to. Without it, the file belongs to the workspace.
    #[arg(long, value_name = "ID", value_parser = conversation_id)]
    conversation: Option<ConversationId>,
    /// File name to store [default: the name of FILE]
    #[arg(long)]
    name: Option<String>,
    /// Media type, such as `image/png` [default: guessed from the file name]
    #[arg(long)]
    content_type: Option<String>,
    #[command(flatten)]
    api: Options,
}

fn conversation_id(text: &str) -> Result<ConversationId, String> {
    ConversationId::parse(text).ok_or_else(|| "must be a conversation ID, which is a UUID".to_owned())
}

/// Uploads a file in three steps: sign the upload, post the file to S3, register it.
pub async fn run(arguments: Arguments) -> Result<()> {
    let shown = arguments.file.display();
    let bytes = std::fs::read(&arguments.file).with_context(|| format!("cannot read {shown}"))?;
    FileSize::new(bytes.len() as u64).map_err(|invalid| anyhow!("the size of {shown} {}", invalid.message))?;
    let name = match &arguments.name {
        Some(name) => name.clone(),
        None => arguments.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
    };
    let guessed = || mime_guess::from_path(&name).first_or_octet_stream().to_string();
    let content_type = arguments.content_type.clone().unwrap_or_else(guessed);
    let api = arguments.api.client()?;
    let request = json!({
        "fileName": name,
        "contentType": content_type,
        "size": bytes.len(),
        "conversationId": arguments.conversation,
    });
    let signed = api.post("files/sign", &request).await?;
    post_form(&api, &signed["upload"], &name, bytes).await?;
    let file = api.post("files", &json!({ "fileId": signed["file"]["id"] })).await?["file"].take();
    if arguments.api.json {
        println!("{file}");
    } else {
        let text = |field: &str| file[field].as_str().unwrap_or_default().to_owned();
        let size = HumanBytes(file["size"].as_u64().unwrap_or_default());
        println!("Uploaded {} ({}, {size}) as file {}.", text("fileName"), text("contentType"), text("id"));
    }
    Ok(())
}

/// Posts the signed form with the file in it.
async fn post_form(api: &Api, upload: &Value, name: &str, bytes: Vec<u8>) -> Result<()> {
    let fields = upload["fields"].as_object().context("the API's response has no upload form")?;
    let form = fields.iter().fold(Form::new(), |form, (name, value)| {
        form.text(name.clone(), value.as_str().unwrap_or_default().to_owned())
    });
    let size = bytes.len() as u64;
    // Drawn on a terminal only.
    let bar = ProgressBar::new(size)
        .with_style(ProgressStyle::with_template("{wide_msg} {bar:30} {bytes}/{total_bytes} {eta}")?);
    bar.set_message(name.to_owned());
    let chunks: Vec<Vec<u8>> = bytes.chunks(CHUNK).map(<[u8]>::to_vec).collect();
    let progress = bar.clone();
    let chunks = chunks.into_iter().map(move |chunk| {
        progress.inc(chunk.len() as u64);
        Ok::<_, Infallible>(chunk)
    });
    // S3 requires a content length, and the file as the last field.
    let file = Part::stream_with_length(Body::wrap_stream(stream::iter(chunks)), size).file_name(name.to_owned());
    let request = api.http().post(upload["url"].as_str().unwrap_or_default()).multipart(form.part("file", file));
    let response = request.send().await.context("cannot connect to the bucket")?;
    let status = response.status();
    let text = response.text().await.context("cannot read the bucket's response")?;
    bar.finish_and_clear();
    if !status.is_success() {
        let message = text.split_once("<Message>").and_then(|(_, rest)| rest.split_once("</Message>"));
        bail!("the bucket rejected the file ({status}): {}", message.map_or(text.as_str(), |(message, _)| message));
    }
    Ok(())
}
