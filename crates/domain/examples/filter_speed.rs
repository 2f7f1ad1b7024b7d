//! How long the word filter takes per message, with as many rules as it holds.
//!
//! `cargo run --release -p domain --example filter_speed`

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use base::{RuleId, UnixMs, limits};
use domain::chat::filter::{Action, Filter, Normaliser, Rule, RuleKind, Scope};

fn rule(id: u64, pattern: String, kind: RuleKind) -> Rule {
    Rule {
        id: RuleId(id),
        pattern,
        kind,
        action: Action::Mask,
        ignore_separators: id.is_multiple_of(4),
        whole_word: false,
        enabled: true,
        note: String::new(),
        created_at: UnixMs(0),
        hits: 0,
    }
}

/// A sequence without a pattern; the constants are those of Knuth's MMIX generator.
fn step(state: &mut u64) -> u64 {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

fn han(state: &mut u64, count: u64) -> String {
    (0..count)
        .filter_map(|_| u32::try_from(step(state) % 3_000).ok())
        .filter_map(|offset| char::from_u32(0x4e00 + offset))
        .collect()
}

fn rules(keywords: usize, regexes: u64) -> Vec<Rule> {
    let mut state = 7;
    let mut rules: Vec<_> = (0..keywords)
        .map(|id| {
            let length = 2 + step(&mut state) % 4;
            rule(id as u64, han(&mut state, length), RuleKind::Keyword)
        })
        .collect();
    for id in 0..regexes {
        rules.push(rule(
            4 * id + 1,
            format!("word{id}[a-z]+[0-9]{{3,}}"),
            RuleKind::Regex,
        ));
    }
    rules
}

fn measure(name: &str, filter: &Filter, texts: &[String]) {
    let rounds = 20;
    let began = Instant::now();
    let mut hits = 0;
    for _ in 0..rounds {
        for text in texts {
            hits += black_box(filter.check(black_box(text), Scope::Message))
                .hits()
                .len();
        }
    }
    let micros = began.elapsed().as_secs_f64() * 1e6 / f64::from(rounds) / texts.len() as f64;
    println!("{name:44} {micros:8.2} us a message ({hits} hits)");
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let began = Instant::now();
    let normaliser = Arc::new(Normaliser::new()?);
    println!("tables loaded in {:?}", began.elapsed());
    let mut state = 99;
    let chinese: Vec<_> = (0..1_000).map(|_| han(&mut state, 16)).collect();
    let latin: Vec<_> = (0..1_000)
        .map(|n| format!("See you at the harbour at {n}, bring the plans!"))
        .collect();
    let long: Vec<_> = (0..20).map(|_| han(&mut state, 10_000)).collect();
    let all = limits::FILTER_RULES_MAX;
    for (keywords, regexes) in [(0, 1), (1_000, 0), (all, 0), (all - 200, 200)] {
        let rules = rules(keywords, regexes);
        let began = Instant::now();
        let filter = Filter::compile(Arc::clone(&normaliser), &rules)
            .map_err(|refusal| refusal.to_string())?;
        println!(
            "{keywords} keywords, {regexes} regexes: compiled in {:?}",
            began.elapsed()
        );
        measure("  16 Chinese characters (48 bytes)", &filter, &chinese);
        measure("  46 Latin characters", &filter, &latin);
        measure("  10,000 Chinese characters", &filter, &long);
    }
    Ok(())
}
