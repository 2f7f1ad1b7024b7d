//! What people say in a made-up place: lines in English and Chinese, put together at random so that
//! no two rooms read alike.

use rand::RngExt;
use rand::rngs::StdRng;

/// Names of people, of both kinds.
pub const NAMES: [&str; 24] = [
    "林小曼",
    "Tomás Rivera",
    "陈思远",
    "Amelie Becker",
    "王若溪",
    "Jonas Lindqvist",
    "周子墨",
    "Priya Nair",
    "何晓东",
    "Marta Kowalska",
    "苏曼青",
    "Ewan Fraser",
    "赵一鸣",
    "Nadia Haddad",
    "许知夏",
    "Leo Marchetti",
    "沈嘉禾",
    "Ingrid Solberg",
    "顾北辰",
    "Sam Okafor",
    "叶青禾",
    "Clara Dubois",
    "唐予安",
    "Yusuf Demir",
];

/// Names of rooms with their topics.
pub const ROOMS: [(&str, &str); 12] = [
    (
        "boat-club",
        "Training times, weather, who brings the coffee",
    ),
    ("周末徒步", "路线、天气和拼车，周五晚上定人数"),
    ("workshop", "Tools, bookings, and things that broke"),
    ("读书会", "每月一本，自愿发言"),
    ("garden", "Seeds to give away, watering rota"),
    ("家长群", "接送、作业、家长会通知"),
    ("kitchen", "Friday dinners: menu and helpers"),
    ("摄影", "器材、构图、每周一张"),
    ("repairs", "Bring it broken, take it home working"),
    ("球友", "周三羽毛球，周日篮球"),
    ("music", "Open rehearsals on Thursdays"),
    ("公告", "只发通知，讨论请去别的房间"),
];

const OPENINGS: [&str; 14] = [
    "Does anybody know whether",
    "I was just wondering if",
    "Good news:",
    "Small thing, but",
    "Heads up,",
    "Quick question:",
    "For those who missed it,",
    "As agreed on Tuesday,",
    "提醒一下，",
    "问个问题：",
    "刚刚确认了，",
    "大家早上好，",
    "顺便说一句，",
    "如果没人反对，",
];

const MIDDLES: [&str; 20] = [
    "the small boat is back in the water",
    "we can borrow the long table for Saturday",
    "the key still hangs next to the door",
    "the forecast says rain from four o'clock",
    "somebody left a blue jacket in the hall",
    "the new pump arrives on Thursday morning",
    "there are seeds left for three more beds",
    "the second rehearsal starts half an hour later",
    "we need two more people to carry the benches",
    "the projector works again, it was only the cable",
    "周六的集合时间改到早上八点半",
    "下雨的话就改到室内，地址不变",
    "上次的照片已经整理好了，晚点发出来",
    "还有三个名额，想来的今天告诉我",
    "书已经到了，可以来前台取",
    "停车场周末要施工，建议坐地铁",
    "晚饭大概十二个人，谁能带点水果",
    "新来的朋友先看一下置顶的说明",
    "球场订到了，七点到九点",
    "报名表明天中午截止",
];

const ENDINGS: [&str; 16] = [
    ".",
    "!",
    " 🙂",
    " – any thoughts?",
    ", so please plan for it.",
    " 👍",
    " (see the rota)",
    ", and thanks to everybody who helped.",
    "。",
    "！",
    "～",
    "，大家觉得呢？",
    "，辛苦各位了。",
    " 🙏",
    " 😂",
    "，有事直接找我。",
];

const ANSWERS: [&str; 24] = [
    "Yes!",
    "Fine with me",
    "I can do that",
    "Count me in",
    "+1",
    "Not this week, sorry",
    "On my way",
    "Thank you 🙏",
    "Will check tonight and tell you",
    "Ha, exactly 😄",
    "好的",
    "收到",
    "我可以",
    "没问题",
    "算我一个",
    "哈哈哈",
    "辛苦了",
    "这周不行，下周可以",
    "👍",
    "🎉🎉",
    "谢谢！",
    "我看看再说",
    "晚点回复你",
    "同意",
];

const LONGER: [&str; 6] = [
    "Here is the list so far:\n- two ladders\n- the long rope\n- **first aid**\n- tea for twelve",
    "I wrote down what we found:\n> the left valve is open, the right one is stuck\n\n\
     Let us try oil first, and only then a new one.",
    "```\nwater  18.4 C\nwind   11 km/h NW\nlevel  2.31 m\n```\nLooks good for tomorrow.",
    "计划是这样的：\n1. 八点半在东门集合\n2. 九点出发，走湖边那条路\n3. 中午在山顶吃饭\n4. 四点前回到停车场",
    "上次说的三件事：\n- **场地**：已经订好\n- **人数**：目前十四个\n- **费用**：每人三十，多退少补",
    "See [the notes of the last meeting](https://example.org/notes) for the numbers; \
     I would rather not repeat `all of them` here.",
];

/// The next thing somebody says.
pub fn line(rng: &mut StdRng) -> String {
    match rng.random_range(0..20) {
        0 => pick(&LONGER, rng).to_owned(),
        1..8 => pick(&ANSWERS, rng).to_owned(),
        8..11 => {
            // Somebody with a lot to say.
            let count = rng.random_range(2..5);
            (0..count)
                .map(|_| sentence(rng))
                .collect::<Vec<_>>()
                .join(" ")
        }
        _ => sentence(rng),
    }
}

fn sentence(rng: &mut StdRng) -> String {
    // English goes with English and Chinese with Chinese: each list has both, in this order.
    let english = rng.random_bool(0.55);
    let part = |list: &[&'static str], first_chinese: usize, rng: &mut StdRng| {
        let (english_part, chinese_part) = list.split_at(first_chinese);
        pick(if english { english_part } else { chinese_part }, rng)
    };
    let opening = part(&OPENINGS, 8, rng);
    let middle = part(&MIDDLES, 10, rng);
    let ending = part(&ENDINGS, 8, rng);
    let space = if english { " " } else { "" };
    format!("{opening}{space}{middle}{ending}")
}

/// A reaction that fits anything.
pub fn emoji(rng: &mut StdRng) -> &'static str {
    pick(&["👍", "❤️", "😂", "🎉", "🙏", "👀", "✅", "🔥"], rng)
}

fn pick(list: &[&'static str], rng: &mut StdRng) -> &'static str {
    list.get(rng.random_range(0..list.len().max(1)))
        .copied()
        .unwrap_or_default()
}
