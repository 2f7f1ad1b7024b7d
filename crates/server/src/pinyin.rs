//! How names are typed on a Latin keyboard: the pinyin of Chinese characters.

use ::pinyin::ToPinyin;

/// The syllables of `text`, separated by spaces, Latin words kept in lower case; empty when there
/// is no Chinese character in it and so nothing to read.
#[must_use]
pub fn reading(text: &str) -> String {
    let mut out = String::new();
    let mut found = false;
    let mut in_word = false;
    for (character, syllable) in text.chars().zip(text.to_pinyin()) {
        match syllable {
            Some(syllable) => {
                found = true;
                in_word = false;
                push_separator(&mut out);
                // On a Latin keyboard ü is typed as v.
                out.push_str(&syllable.plain().replace('ü', "v"));
            }
            None if character.is_alphanumeric() => {
                if !in_word {
                    push_separator(&mut out);
                }
                in_word = true;
                out.extend(character.to_lowercase());
            }
            None => in_word = false,
        }
    }
    if found { out } else { String::new() }
}

fn push_separator(out: &mut String) {
    if !out.is_empty() {
        out.push(' ');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_become_syllables_and_latin_words_stay() {
        assert_eq!(reading("林小满"), "lin xiao man");
        assert_eq!(reading("Plaza 广场 2号"), "plaza guang chang 2 hao");
        assert_eq!(reading("绿色"), "lv se");
    }

    #[test]
    fn a_name_without_chinese_has_nothing_to_read() {
        assert_eq!(reading("Ada Lovelace"), "");
        assert_eq!(reading(""), "");
    }
}
