//! The service's names of channels.

use deskless_domain::Channel;

/// The name of web chat, which is the only one that differs.
const WEBCHAT: &str = "webchat";

/// All names. The first six have message services.
pub const NAMES: &[&str] = &[
    "whatsapp",
    "instagram",
    "messenger",
    WEBCHAT,
    "sms",
    "playground",
    "api",
    "email",
    "discord",
    "telegram",
    "voice",
    "web",
    "callback",
];

/// Returns the service's name of a channel.
pub fn name(channel: Channel) -> &'static str {
    match channel {
        Channel::LiveChat => WEBCHAT,
        other => other.as_str(),
    }
}

/// Returns the channel with a name.
pub fn parse(name: &str) -> Option<Channel> {
    if name == WEBCHAT {
        Some(Channel::LiveChat)
    } else {
        Channel::parse(name).ok().filter(|&channel| channel != Channel::LiveChat)
    }
}

#[cfg(test)]
mod tests {
    use deskless_domain::Channel;

    use super::{NAMES, name, parse};

    #[test]
    fn names_are_those_of_all_channels() {
        assert_eq!(NAMES.len(), Channel::ALL.len());
        for &channel in Channel::ALL {
            assert!(NAMES.contains(&name(channel)));
            assert_eq!(parse(name(channel)), Some(channel));
        }
        assert_eq!(parse("live-chat"), None);
    }
}
