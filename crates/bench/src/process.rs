//! The server under measurement as the kernel sees it: its core, its CPU time, its memory.

use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::thread::CpuSet;

use crate::error::{BenchError, Doing};

/// The core of the server.
pub(crate) const SERVER_CORE: usize = 0;
/// The core of the load.
pub(crate) const LOAD_CORE: usize = 1;

/// A server process; killed when dropped.
pub(crate) struct Process {
    child: Child,
}

/// CPU time of all threads since their start.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CpuTime {
    /// All of it, exact, in nanoseconds.
    pub(crate) total_ns: u64,
    /// Ticks in user mode, as the kernel estimates.
    pub(crate) user_ticks: u64,
    /// Ticks in the kernel, as the kernel estimates.
    pub(crate) system_ticks: u64,
}

impl CpuTime {
    /// What was used between `earlier` and now.
    pub(crate) fn since(self, earlier: Self) -> Self {
        Self {
            total_ns: self.total_ns.saturating_sub(earlier.total_ns),
            user_ticks: self.user_ticks.saturating_sub(earlier.user_ticks),
            system_ticks: self.system_ticks.saturating_sub(earlier.system_ticks),
        }
    }

    /// The share of user mode, 0 to 1.
    pub(crate) fn user_share(self) -> f64 {
        self.user_ticks as f64 / ((self.user_ticks + self.system_ticks).max(1)) as f64
    }
}

/// Packets that the kernel has dropped so far because a core had too many waiting. A run in which
/// this grows measured retransmissions.
pub(crate) fn packets_dropped() -> u64 {
    let text = std::fs::read_to_string("/proc/net/softnet_stat").unwrap_or_default();
    let dropped = text
        .lines()
        .filter_map(|line| line.split_whitespace().nth(1));
    dropped
        .filter_map(|field| u64::from_str_radix(field, 16).ok())
        .sum()
}

/// Has the loopback's receive work done on the load's core, as a network card would, or on the
/// sender's. Only where `bench/fanout.sh` made a network namespace for this run: nothing of the
/// machine is touched.
pub(crate) fn steer(to_load: bool) -> Result<(), BenchError> {
    if std::env::var_os("BENCH_NAMESPACE").is_none() {
        return Ok(());
    }
    // A mask of cores.
    let mask = if to_load { 1 << LOAD_CORE } else { 0 };
    std::fs::write(
        "/sys/class/net/lo/queues/rx-0/rps_cpus",
        format!("{mask:x}"),
    )
    .doing("steer the receive work")
}

/// Lets this process and those it starts hold as many connections as the system allows at all.
pub(crate) fn raise_descriptors() -> Result<(), BenchError> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    setrlimit(Resource::Nofile, raised).doing("raise the number of descriptors")
}

/// Binds the calling thread, and what it starts, to one core.
pub(crate) fn pin(core: usize) -> Result<(), BenchError> {
    let mut set = CpuSet::new();
    set.set(core);
    rustix::thread::sched_setaffinity(None, &set).doing(format!("bind to core {core}"))
}

/// Time that the core was busy with anything, in nanoseconds, to a tick of 10 ms.
pub(crate) fn core_busy_ns(core: usize) -> u64 {
    const TICK_NS: u64 = 10_000_000;
    let text = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let name = format!("cpu{core} ");
    let line = text.lines().find_map(|line| line.strip_prefix(&name));
    let ticks = line.unwrap_or_default().split_whitespace();
    let ticks: Vec<u64> = ticks.filter_map(|field| field.parse().ok()).collect();
    // The fourth and the fifth are idle and waiting for a disk.
    let idle: u64 = ticks.iter().skip(3).take(2).sum();
    let all: u64 = ticks.iter().take(8).sum();
    (all - idle) * TICK_NS
}

/// CPU time of all threads of a process.
pub(crate) fn cpu_of(pid: u32) -> Result<CpuTime, BenchError> {
    let mut time = CpuTime::default();
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).doing("list the threads")?;
    for task in tasks.flatten() {
        let text = std::fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
        let on_cpu = text
            .split_whitespace()
            .next()
            .and_then(|field| field.parse().ok());
        time.total_ns += on_cpu.unwrap_or(0_u64);
    }
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).doing("read stat")?;
    // The second field is a name in parentheses that may hold spaces: count after it.
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap_or("")
        .split_whitespace()
        .collect();
    let field = |index: usize| fields.get(index).and_then(|text| text.parse().ok());
    time.user_ticks = field(11).unwrap_or(0);
    time.system_ticks = field(12).unwrap_or(0);
    Ok(time)
}

impl Process {
    /// Starts `command` on [`SERVER_CORE`], its output in `log`.
    pub(crate) fn start(command: &mut Command, log: &Path) -> Result<Self, BenchError> {
        let output = std::fs::File::create(log).doing(format!("create {}", log.display()))?;
        let errors = output.try_clone().doing("share the log")?;
        pin(SERVER_CORE)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .spawn()
            .doing(format!("start {:?}", command.get_program()));
        pin(LOAD_CORE)?;
        Ok(Self { child: child? })
    }

    /// Waits until the port of 127.0.0.1 accepts connections.
    pub(crate) fn await_port(&mut self, port: u16, log: &Path) -> Result<(), BenchError> {
        self.await_port_at((Ipv4Addr::LOCALHOST, port), log)
    }

    /// Waits until the port of that address accepts connections.
    pub(crate) fn await_port_at(
        &mut self,
        place: (Ipv4Addr, u16),
        log: &Path,
    ) -> Result<(), BenchError> {
        let deadline = Instant::now() + Duration::from_secs(20);
        while std::net::TcpStream::connect(place).is_err() {
            let ended = self.child.try_wait().doing("look after the server")?;
            if ended.is_some() || Instant::now() > deadline {
                let said = std::fs::read_to_string(log).unwrap_or_default();
                return Err(BenchError::Missing(format!(
                    "the server does not serve: {said}"
                )));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// Asks it to end in good order and waits for that.
    pub(crate) fn stop(mut self) -> Result<(), BenchError> {
        if let Some(pid) = rustix::process::Pid::from_raw(self.child.id() as i32) {
            rustix::process::kill_process(pid, rustix::process::Signal::TERM).doing("stop")?;
        }
        self.child
            .wait()
            .doing("wait for the server's end")
            .map(|_status| ())
    }

    /// CPU time of all its threads.
    pub(crate) fn cpu(&self) -> Result<CpuTime, BenchError> {
        cpu_of(self.child.id())
    }

    /// Resident memory, in bytes.
    pub(crate) fn resident_bytes(&self) -> Result<u64, BenchError> {
        self.bytes_of("smaps_rollup", "Rss:")
    }

    /// The most that was ever resident, in bytes.
    pub(crate) fn resident_bytes_max(&self) -> Result<u64, BenchError> {
        self.bytes_of("status", "VmHWM:")
    }

    /// A line of a file in the process's folder that tells a number of KiB.
    fn bytes_of(&self, file: &str, field: &str) -> Result<u64, BenchError> {
        let text = std::fs::read_to_string(format!("/proc/{}/{file}", self.child.id()))
            .doing(format!("read {file}"))?;
        let line = text.lines().find_map(|line| line.strip_prefix(field));
        let kib = line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
        kib.map(|kib| kib * 1024)
            .ok_or_else(|| BenchError::Missing(format!("no {field} line")))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself, which the run has noticed already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
