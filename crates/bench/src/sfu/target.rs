//! The servers that carry a call, and how each is started.

use std::net::Ipv4Addr;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::signal::{KEY, Place, SECRET, Signalling};
use crate::error::{BenchError, Doing};
use crate::process::Process;
use crate::target::free_port;

/// A server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// Bare fan-out over UDP.
    Floor,
    /// The same with a decryption per packet and an encryption per receiver.
    FloorSrtp,
    /// Plaza, as it comes.
    Plaza,
    /// LiveKit, where there is a binary.
    LiveKit,
    /// Janus with its VideoRoom.
    Janus,
}

/// What the servers need.
pub(crate) struct Workshop {
    /// Plaza's binary.
    pub(crate) plaza: PathBuf,
    /// LiveKit's binary.
    pub(crate) livekit: Option<PathBuf>,
    /// Janus' binary.
    pub(crate) janus: PathBuf,
    /// Where media go to.
    pub(crate) media: Ipv4Addr,
    /// Where logs and settings go.
    pub(crate) out: PathBuf,
}

/// A server that serves.
pub(crate) struct Running {
    /// Its process.
    pub(crate) process: Process,
    /// Where it is.
    pub(crate) place: Place,
}

impl Target {
    /// All of them, in the order of the report.
    pub(crate) const ALL: [Self; 5] = [
        Self::Floor,
        Self::FloorSrtp,
        Self::Plaza,
        Self::LiveKit,
        Self::Janus,
    ];

    /// As on the command line and in the report.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Floor => "floor",
            Self::FloorSrtp => "floor-srtp",
            Self::Plaza => "plaza",
            Self::LiveKit => "livekit",
            Self::Janus => "janus",
        }
    }

    /// What it is spoken to in.
    pub(crate) fn signalling(self) -> Signalling {
        match self {
            Self::Floor => Signalling::Floor { srtp: false },
            Self::FloorSrtp => Signalling::Floor { srtp: true },
            Self::Plaza | Self::LiveKit => Signalling::LiveKit,
            Self::Janus => Signalling::Janus,
        }
    }

    /// Why it cannot run here, if it cannot.
    pub(crate) fn lacks(self, workshop: &Workshop) -> Option<String> {
        let binary = match self {
            Self::Floor | Self::FloorSrtp => return None,
            Self::Plaza => &workshop.plaza,
            Self::Janus => &workshop.janus,
            Self::LiveKit => match &workshop.livekit {
                Some(binary) => binary,
                None => return Some("LIVEKIT_BIN names no livekit-server".to_owned()),
            },
        };
        (!binary.exists()).then(|| format!("{} is not there", binary.display()))
    }

    /// Starts it.
    pub(crate) fn start(self, workshop: &Workshop) -> Result<Running, BenchError> {
        let port = free_port()?;
        let Workshop { media, out, .. } = workshop;
        let log = out.join(format!("sfu-{}.log", self.name()));
        let command = match self {
            Self::Floor | Self::FloorSrtp => floor(self, *media, port)?,
            Self::Plaza => plaza(workshop, port)?,
            Self::LiveKit => livekit(workshop, port)?,
            Self::Janus => janus(workshop, port)?,
        };
        let mut process = Process::start(&mut apart(&command), &log)?;
        let address = match self {
            Self::Floor | Self::FloorSrtp => *media,
            Self::Plaza | Self::LiveKit | Self::Janus => Ipv4Addr::LOCALHOST,
        };
        process.await_port_at((address, port), &log)?;
        let place = Place {
            port,
            media: *media,
        };
        Ok(Running { process, place })
    }
}

/// The same in a session of its own, with the same share of the machine as the load's. In one
/// session a server of many threads would take the load's share away, since the kernel shares out
/// by sessions.
fn apart(command: &Command) -> Command {
    const SHELL: &str = "if [ -n \"${BENCH_NAMESPACE:-}\" ] && [ -w /proc/self/autogroup ]; then \
        echo \"${BENCH_NICE:--10}\" > /proc/self/autogroup; fi; exec \"$0\" \"$@\"";
    let mut wrapped = Command::new("setsid");
    wrapped.arg("sh").arg("-c").arg(SHELL);
    wrapped.arg(command.get_program()).args(command.get_args());
    wrapped
}

fn floor(target: Target, media: Ipv4Addr, port: u16) -> Result<Command, BenchError> {
    let own = std::env::current_exe().doing("find the bench's own binary")?;
    let mut command = Command::new(own);
    command
        .arg("sfu-floor")
        .arg("--address")
        .arg(media.to_string());
    command.arg("--port").arg(port.to_string());
    if target == Target::FloorSrtp {
        command.arg("--srtp");
    }
    Ok(command)
}

fn plaza(workshop: &Workshop, port: u16) -> Result<Command, BenchError> {
    let Workshop { media, out, .. } = workshop;
    let file = out.join("sfu-plaza.toml");
    // Which addresses it has, Plaza finds out by itself.
    let settings = format!(
        "[livekit.keys]\n{KEY} = \"{SECRET}\"\n\n[limits]\n\
         connections_per_prefix_max = 1000000\nrequests_per_second = 1000000\n\
         requests_burst = 1000000\n\n[log]\nlevel = \"warn\"\n"
    );
    std::fs::write(&file, settings).doing("write the settings of Plaza")?;
    let data = out.join("sfu-plaza-data");
    fresh(&data)?;
    let mut command = Command::new(&workshop.plaza);
    command.arg("serve").arg("--config").arg(&file);
    command.arg("--data").arg(&data);
    // Media come in where the pages are; the namespace has its own address beside the loopback's.
    let listen = if media.is_loopback() {
        *media
    } else {
        Ipv4Addr::UNSPECIFIED
    };
    command.arg("--listen").arg(format!("{listen}:{port}"));
    Ok(command)
}

fn livekit(workshop: &Workshop, port: u16) -> Result<Command, BenchError> {
    let Workshop { media, out, .. } = workshop;
    let binary = workshop.livekit.as_ref();
    let binary = binary.ok_or_else(|| BenchError::Missing("no livekit-server".to_owned()))?;
    let file = out.join("sfu-livekit.yaml");
    let settings = format!(
        "port: {port}\nbind_addresses: [127.0.0.1]\nrtc:\n  udp_port: {port}\n  tcp_port: 0\n  \
         node_ip: {media}\n  use_external_ip: false\n  enable_loopback_candidate: true\n\
         keys:\n  {KEY}: {SECRET}\nlogging:\n  level: warn\n"
    );
    std::fs::write(&file, settings).doing("write the settings of LiveKit")?;
    let mut command = Command::new(binary);
    command.arg("--config").arg(&file);
    Ok(command)
}

/// Its own folder of settings; what it would load beside the VideoRoom stays away.
fn janus(workshop: &Workshop, port: u16) -> Result<Command, BenchError> {
    const PLUGINS_AWAY: &str = "libjanus_audiobridge.so,libjanus_duktape.so,libjanus_echotest.so,\
        libjanus_lua.so,libjanus_nosip.so,libjanus_recordplay.so,libjanus_sip.so,\
        libjanus_streaming.so,libjanus_textroom.so,libjanus_videocall.so,libjanus_voicemail.so";
    const TRANSPORTS_AWAY: &str = "libjanus_mqtt.so,libjanus_nanomsg.so,libjanus_pfunix.so,\
        libjanus_rabbitmq.so,libjanus_websockets.so";
    let Workshop { media, out, .. } = workshop;
    let folder = out.join("sfu-janus");
    fresh(&folder)?;
    let write = |name: &str, text: String| {
        std::fs::write(folder.join(name), text).doing(format!("write {name}"))
    };
    let main = format!(
        "general: {{\n  debug_level = 2\n  session_timeout = 0\n}}\n\
         nat: {{\n  ice_enforce_list = \"{media}\"\n}}\n\
         plugins: {{\n  disable = \"{PLUGINS_AWAY}\"\n}}\n\
         transports: {{\n  disable = \"{TRANSPORTS_AWAY}\"\n}}\n"
    );
    write("janus.jcfg", main)?;
    let http = format!(
        "general: {{\n  base_path = \"/janus\"\n  http = true\n  ip = \"127.0.0.1\"\n  \
         port = {port}\n  https = false\n}}\nadmin: {{\n  admin_http = false\n}}\n"
    );
    write("janus.transport.http.jcfg", http)?;
    write("janus.plugin.videoroom.jcfg", String::new())?;
    let mut command = Command::new(&workshop.janus);
    command.arg("-F").arg(&folder);
    Ok(command)
}

/// An empty folder.
fn fresh(folder: &Path) -> Result<(), BenchError> {
    if folder.exists() {
        std::fs::remove_dir_all(folder).doing(format!("empty {}", folder.display()))?;
    }
    let made = std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder);
    made.doing(format!("create {}", folder.display()))
}
