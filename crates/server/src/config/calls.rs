//! Calls: voice and video, and where their media goes.

use std::net::IpAddr;

use super::section::section;

section! {
    /// Calls with voice and video (docs/calls.md).
    Calls as "calls" {
        /// Whether there are calls at all.
        enabled: bool = true,
        /// The UDP port that voice and video travel through; firewalls and routers must let it in.
        /// 0: the number of `[listen] address`.
        #[example = "7881"]
        udp_port: u16 = 0,
        /// The public addresses of this machine, which browsers are told to send to. Empty: those
        /// of its network interfaces, which is wrong behind a router or in a container.
        #[example = "[\"203.0.113.7\"]"]
        addresses: Vec<IpAddr> = Vec::new(),
        /// Whether calls may use TCP, on the port of `[listen] address`, where a network lets no
        /// UDP through. Does not work behind a reverse proxy.
        tcp: bool = true,
        /// Threads that carry voice and video; 0 means one for each core. A call is carried by one.
        workers: usize = 0,
        /// Participants of one call at most.
        call_participants_max: u32 = base::limits::CALL_PARTICIPANTS_MAX,
    }
}

impl Calls {
    /// Says what makes no sense, if something does.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.call_participants_max == 0 {
            return Err("[calls] call_participants_max is at least 1".to_owned());
        }
        Ok(())
    }
}
