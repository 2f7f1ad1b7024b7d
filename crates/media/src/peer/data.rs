//! The two data channels of a client, by the names that its library gives them.

use base::limits::CALL_DATA_BYTES_MAX;
use bytes::Bytes;
use str0m::channel::{ChannelConfig, ChannelId, Reliability};

use super::Peer;
use crate::command::Lane;

const RELIABLE: &str = "_reliable";
const LOSSY: &str = "_lossy";

impl Peer {
    /// SCTP begins. Where the channels are ours they are opened, else they are waited for.
    pub(super) fn open_data(&mut self, ours: bool) {
        let begins = self.is_dtls_client;
        self.with(|rtc| {
            let mut direct = rtc.direct_api();
            direct.start_sctp(begins);
            if ours {
                direct.create_data_channel(ChannelConfig {
                    label: RELIABLE.to_owned(),
                    ..ChannelConfig::default()
                });
                direct.create_data_channel(ChannelConfig {
                    label: LOSSY.to_owned(),
                    ordered: false,
                    reliability: Reliability::MaxRetransmits { retransmits: 0 },
                    ..ChannelConfig::default()
                });
            }
            Ok(())
        });
    }

    /// A channel was opened. Returns whether both are there now and were not before.
    pub(super) fn opened(&mut self, channel: ChannelId, label: &str) -> bool {
        let had_both = self.reliable.is_some() && self.lossy.is_some();
        match label {
            RELIABLE => self.reliable = Some(channel),
            LOSSY => self.lossy = Some(channel),
            _ => return false,
        }
        !had_both && self.reliable.is_some() && self.lossy.is_some()
    }

    /// Which lane a channel is.
    pub(super) fn lane(&self, channel: ChannelId) -> Option<Lane> {
        if self.reliable == Some(channel) {
            Some(Lane::Reliable)
        } else if self.lossy == Some(channel) {
            Some(Lane::Lossy)
        } else {
            None
        }
    }

    /// Sends a packet; nothing where the channel is not open, or the packet too large. A client
    /// that does not take what is reliable is closed: it could only miss something.
    pub(crate) fn send_data(&mut self, lane: Lane, bytes: &Bytes) {
        let channel = match lane {
            Lane::Reliable => self.reliable,
            Lane::Lossy => self.lossy,
        };
        let Some(channel) = channel.filter(|_| bytes.len() <= CALL_DATA_BYTES_MAX) else {
            return;
        };
        let mut is_taken = true;
        self.with(|rtc| {
            if let Some(mut channel) = rtc.channel(channel) {
                is_taken = channel.write(true, bytes)?;
            }
            Ok(())
        });
        self.is_broken |= !is_taken && lane == Lane::Reliable;
    }
}
