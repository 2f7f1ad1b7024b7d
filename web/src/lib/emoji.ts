// A small set of emoji with words to find them by, English first, then Chinese. Drawn by the system's font.

export interface Emoji {
  sign: string;
  /** The first word is its name. */
  words: string[];
}

export type EmojiGroup = "faces" | "hands" | "signs" | "life" | "things";

const TABLE: Record<EmojiGroup, string> = {
  faces: `😀 grin smile 笑|😄 happy laugh 开心|😁 beam 嘻嘻|😂 joy tears 笑哭|🤣 rofl 大笑|🙂 slight_smile 微笑|😉 wink 眨眼|😊 blush 害羞|😇 angel 天使|🥰 adore love 喜欢|😍 heart_eyes 爱|😘 kiss 亲|😋 yum 好吃|😜 tongue 调皮|🤔 think thinking 思考|🤨 doubt 怀疑|😐 neutral 无语|😏 smirk 得意|🙄 eye_roll 白眼|😬 grimace 尴尬|😌 relieved 放心|😴 sleep 睡|🤒 sick 生病|🥳 party celebrate 庆祝|😎 cool 酷|🤓 nerd 书呆子|😕 confused 困惑|🙁 sad 难过|😮 wow open_mouth 惊讶|😳 flushed 脸红|🥺 please pleading 求|😢 cry 哭|😭 sob 大哭|😱 scream 惊恐|😤 huff 哼|😡 angry 生气|🤯 mind_blown 震惊|🥲 bittersweet 苦笑|🫡 salute 遵命|🤗 hug 抱抱|🤫 hush 嘘|🤦 facepalm 捂脸|🤷 shrug 摊手`,
  hands: `👍 thumbs_up +1 yes like 赞|👎 thumbs_down -1 no 踩|👌 ok 好|✌️ victory 耶|🤞 fingers_crossed 祈祷|🤝 handshake deal 握手|👏 clap 鼓掌|🙌 raised_hands hooray 万岁|🙏 thanks pray please 谢谢|💪 strong muscle 加油|👋 wave hi hello 你好|✋ hand stop 举手|👉 point_right 右|👈 point_left 左|👆 point_up 上|👇 point_down 下|✍️ write 写|🫶 heart_hands 比心|👀 eyes look 看|🧠 brain 脑`,
  signs: `❤️ heart love 心|🧡 orange_heart 橙心|💚 green_heart 绿心|💙 blue_heart 蓝心|💔 broken_heart 心碎|🔥 fire hot 火|✨ sparkles 闪|⭐ star 星|🎉 tada party 庆祝|🎊 confetti 彩带|✅ check done yes 完成|☑️ ballot_check 勾选|❌ cross no wrong 错|⚠️ warning 警告|❓ question 问|❗ exclamation 感叹|💯 hundred 满分|➕ plus 加|➖ minus 减|🚫 forbidden 禁止|🔴 red 红|🟡 yellow 黄|🟢 green 绿|🔵 blue 蓝|⏳ wait hourglass 等|⏰ alarm 闹钟|💤 zzz 困|💬 speech 说|🔔 bell 铃`,
  life: `🐱 cat 猫|🐶 dog 狗|🐼 panda 熊猫|🐢 turtle 乌龟|🐛 bug 虫|🦊 fox 狐狸|🐟 fish 鱼|🦀 crab rust 螃蟹|🌱 seedling 苗|🌸 blossom 花|🌞 sun 太阳|🌙 moon 月亮|🌧️ rain 雨|❄️ snow 雪|🌈 rainbow 彩虹|🌊 wave_water 海浪|☕ coffee 咖啡|🍵 tea 茶|🍺 beer 啤酒|🍰 cake 蛋糕|🎂 birthday 生日|🍕 pizza 披萨|🍜 noodles 面|🥟 dumpling 饺子|🍚 rice 米饭|🍎 apple 苹果|🍉 watermelon 西瓜`,
  things: `🚀 rocket ship 火箭|🔧 wrench fix 扳手|🔨 hammer 锤子|⚙️ gear 齿轮|🧪 test tube 测试|🔬 microscope 显微镜|🤖 robot 机器人|💻 laptop 电脑|📱 phone 手机|⌨️ keyboard 键盘|🔋 battery 电池|💡 idea bulb 主意|📌 pin 图钉|📎 clip 回形针|📝 memo note 笔记|📅 calendar 日历|📈 chart_up 上涨|📉 chart_down 下跌|📦 package 包裹|🔒 lock 锁|🔑 key 钥匙|🏁 finish flag 终点|🏆 trophy win 奖杯|🎯 target 目标|🎵 music 音乐|🎮 game 游戏|♟️ chess pawn 棋|🚲 bike 自行车|🚌 bus 公交|🚗 car 车|✈️ plane 飞机|🏠 home 家|🎁 gift 礼物`,
};

function read(text: string): Emoji[] {
  return text.split("|").map((entry) => {
    const [sign = "", ...words] = entry.split(" ");
    return { sign, words };
  });
}

export const EMOJI_GROUPS: { group: EmojiGroup; emoji: Emoji[] }[] = (
  Object.entries(TABLE) as [EmojiGroup, string][]
).map(([group, text]) => ({ group, emoji: read(text) }));

const ALL = EMOJI_GROUPS.flatMap(({ emoji }) => emoji);

/** Those with a word that starts with the query first, then those that hold it. */
export function findEmoji(query: string, limit: number): Emoji[] {
  const wanted = query.toLowerCase();
  const starts = ALL.filter(({ words }) => words.some((word) => word.startsWith(wanted)));
  const holds = ALL.filter(
    (emoji) => !starts.includes(emoji) && emoji.words.some((word) => word.includes(wanted)),
  );
  return [...starts, ...holds].slice(0, limit);
}

/** What the reaction bar offers first. */
export const QUICK_REACTIONS = ["👍", "❤️", "😄", "🎉", "👀", "✅"];
