mod forward;
mod target;

use anyhow::Result;
use deskless_domain::{WebhookSecret, WebhookUrl};
use deskless_runtime::SystemClock;

use self::forward::Forwarder;
use super::resume;
use crate::{
    api,
    feed::{self, Feed},
    local::Interrupt,
    log::note,
};

/// The environment variable with the secret.
const SECRET: &str = "DESKLESS_LISTEN_SECRET";

/// Options of `deskless listen`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// URL of your server on this machine, such as http://localhost:3000/hook
    #[arg(long, value_name = "URL", value_parser = target::url)]
    forward_to: WebhookUrl,
    /// Secret that signs the events: `whsec_` and a key in base64 [default: a new one, which is printed]
    #[arg(long, env = SECRET, hide_env_values = true, value_parser = target::secret)]
    secret: Option<WebhookSecret>,
    #[command(flatten)]
    feed: feed::Options,
    #[command(flatten)]
    api: api::Options,
}

/// Forwards events until Ctrl-C, in the order of the log. An event that the server does not accept is repeated a few times, then
/// skipped.
pub async fn run(arguments: Arguments) -> Result<()> {
    let Arguments { forward_to, secret, feed: options, api: api_options } = arguments;
    let mut interrupt = Interrupt::listen()?;
    let api = api_options.client()?;
    let mut feed = Feed::new(&api, &options)?;
    let mut announcement = format!("Forwarding events to {}. Press Ctrl-C to stop.", forward_to.as_str());
    let is_new = secret.is_none();
    let secret = secret.unwrap_or_else(|| WebhookSecret::generate(&SystemClock));
    if is_new {
        announcement = format!("{announcement} The secret that signs them is:\n{}\n", secret.reveal());
    }
    let mut words = ["listen", "--forward-to", forward_to.as_str()].map(str::to_owned).to_vec();
    // A secret of the environment is there the next time too.
    if std::env::var(SECRET).as_deref() != Ok(secret.reveal()) {
        words.extend(["--secret".to_owned(), secret.reveal().to_owned()]);
    }
    let forwarder = Forwarder::new(forward_to, secret, api_options.json);
    let result = tokio::select! {
        result = listen(&mut feed, &forwarder, &announcement) => result,
        () = interrupt.received() => Ok(()),
    };
    resume::print(words.into_iter().chain(options.filters()).chain(api_options.arguments()), &feed);
    result
}

/// Forwards events, one after another. Returns only on failure.
async fn listen(feed: &mut Feed<'_>, forwarder: &Forwarder, announcement: &str) -> Result<()> {
    let mut page = feed.next_page().await?;
    note(announcement);
    loop {
        for event in &page.events {
            forwarder.forward(event).await?;
            feed.advance(event.id())?;
        }
        feed.advance(&page.next_cursor)?;
        feed.wait(&page).await;
        page = feed.next_page().await?;
    }
}
