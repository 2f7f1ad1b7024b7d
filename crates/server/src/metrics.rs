//! Figures for operators, in the text format of Prometheus.
//!
//! Names are `plaza_<area>_<what>_<unit>`; labels never hold a room or a person. Counters are kept
//! where things happen, gauges are read from the truth at each scrape.

use std::sync::OnceLock;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::app::App;

/// Seconds: from a fast answer to a stuck disk.
const SECONDS: &[f64] = &[
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// The recorder of the process: the `metrics` crate knows only one.
static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Reads the figures.
#[derive(Debug, Clone, Default)]
pub struct Scrape(Option<PrometheusHandle>);

impl Scrape {
    /// Installs the recorder at the first call; every server of the process shares it.
    #[must_use]
    pub fn install() -> Self {
        let handle = RECORDER.get_or_init(|| {
            let suffix = Matcher::Suffix("_seconds".to_owned());
            let builder = PrometheusBuilder::new()
                .set_buckets_for_metric(suffix, SECONDS)
                .ok()?;
            let recorder = builder.build_recorder();
            let handle = recorder.handle();
            metrics::set_global_recorder(recorder).ok()?;
            Some(handle)
        });
        Self(handle.clone())
    }

    /// All figures as text, gauges read just now.
    #[must_use]
    pub fn render(&self, app: &App) -> String {
        let stats = app.hub.stats();
        let whole = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        metrics::gauge!("plaza_hub_connections").set(whole(stats.connections));
        metrics::gauge!("plaza_hub_users").set(whole(stats.users));
        metrics::gauge!("plaza_hub_subscriptions").set(whole(stats.subscriptions));
        metrics::gauge!("plaza_hub_channels").set(whole(stats.channels));
        metrics::counter!("plaza_hub_messages_received_total").absolute(stats.received);
        metrics::counter!("plaza_hub_messages_sent_total").absolute(stats.sent);
        metrics::counter!("plaza_hub_recoveries_total").absolute(stats.recoveries_asked);
        metrics::counter!("plaza_hub_recoveries_succeeded_total")
            .absolute(stats.recoveries_succeeded);
        metrics::counter!("plaza_hub_cut_off_total").absolute(stats.cut_off as u64);
        metrics::gauge!("plaza_server_ready").set(u8::from(app.is_ready()));
        metrics::gauge!("plaza_server_uptime_seconds").set(app.started.elapsed().as_secs_f64());
        self.0.as_ref().map_or_else(String::new, |handle| {
            handle.run_upkeep();
            handle.render()
        })
    }
}
