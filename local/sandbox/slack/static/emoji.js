/** Emoji shortcodes that workspaces commonly use. */

const TABLE = `
grinning 😀 smiley 😃 smile 😄 grin 😁 laughing 😆 sweat_smile 😅 joy 😂 rofl 🤣 slightly_smiling_face 🙂 upside_down_face 🙃
wink 😉 blush 😊 innocent 😇 heart_eyes 😍 star-struck 🤩 kissing_heart 😘 yum 😋 stuck_out_tongue 😛 sunglasses 😎 nerd_face 🤓
thinking_face 🤔 neutral_face 😐 expressionless 😑 smirk 😏 unamused 😒 face_with_rolling_eyes 🙄 grimacing 😬 relieved 😌 pensive 😔
sleepy 😪 sleeping 😴 mask 😷 dizzy_face 😵 exploding_head 🤯 partying_face 🥳 confused 😕 worried 😟 slightly_frowning_face 🙁
open_mouth 😮 astonished 😲 flushed 😳 pleading_face 🥺 cry 😢 sob 😭 scream 😱 disappointed 😞 weary 😩 tired_face 😫 triumph 😤
angry 😠 rage 😡 skull 💀 ghost 👻 alien 👽 robot_face 🤖 wave 👋 raised_hand ✋ ok_hand 👌 v ✌️ crossed_fingers 🤞 call_me_hand 🤙
point_left 👈 point_right 👉 point_up ☝️ point_up_2 👆 point_down 👇 +1 👍 thumbsup 👍 -1 👎 thumbsdown 👎 fist ✊ facepunch 👊
clap 👏 raised_hands 🙌 open_hands 👐 handshake 🤝 pray 🙏 writing_hand ✍️ muscle 💪 ear 👂 eyes 👀 eye 👁️ brain 🧠 speaking_head_in_silhouette 🗣️
bust_in_silhouette 👤 busts_in_silhouette 👥 heart ❤️ orange_heart 🧡 yellow_heart 💛 green_heart 💚 blue_heart 💙 purple_heart 💜
broken_heart 💔 sparkling_heart 💖 100 💯 boom 💥 sparkles ✨ star ⭐ star2 🌟 dizzy 💫 fire 🔥 zap ⚡ droplet 💧 ocean 🌊 rainbow 🌈
sunny ☀️ partly_sunny ⛅ cloud ☁️ rain_cloud 🌧️ thunder_cloud_and_rain ⛈️ snowflake ❄️ umbrella ☔ umbrella_with_rain_drops ☔ crescent_moon 🌙
earth_africa 🌍 earth_americas 🌎 earth_asia 🌏 globe_with_meridians 🌐 seedling 🌱 evergreen_tree 🌲 herb 🌿 four_leaf_clover 🍀 rose 🌹
coffee ☕ tea 🍵 beer 🍺 beers 🍻 wine_glass 🍷 cake 🍰 birthday 🎂 pizza 🍕 apple 🍎 tada 🎉 confetti_ball 🎊 gift 🎁 trophy 🏆 medal 🏅
first_place_medal 🥇 second_place_medal 🥈 third_place_medal 🥉 dart 🎯 rocket 🚀 airplane ✈️ car 🚗 train 🚆 house 🏠 office 🏢 factory 🏭 bank 🏦
hospital 🏥 school 🏫 moneybag 💰 dollar 💵 euro 💶 credit_card 💳 chart 💹 chart_with_upwards_trend 📈 chart_with_downwards_trend 📉 bar_chart 📊
email ✉️ envelope ✉️ e-mail 📧 incoming_envelope 📨 envelope_with_arrow 📩 inbox_tray 📥 outbox_tray 📤 mailbox 📫 mailbox_with_mail 📬
mailbox_with_no_mail 📭 package 📦 postbox 📮 memo 📝 pencil 📝 pencil2 ✏️ page_facing_up 📄 page_with_curl 📃 bookmark_tabs 📑 clipboard 📋
calendar 📅 date 📅 spiral_calendar_pad 🗓️ card_index 📇 file_folder 📁 open_file_folder 📂 card_index_dividers 🗂️ newspaper 📰 book 📖 books 📚
bookmark 🔖 link 🔗 paperclip 📎 pushpin 📌 round_pushpin 📍 scissors ✂️ lock 🔒 unlock 🔓 key 🔑 mag 🔍 mag_right 🔎 bulb 💡 wrench 🔧 hammer 🔨
hammer_and_wrench 🛠️ gear ⚙️ test_tube 🧪 microscope 🔬 telescope 🔭 satellite_antenna 📡 computer 💻 keyboard ⌨️ phone ☎️ telephone_receiver 📞
iphone 📱 hourglass ⌛ hourglass_flowing_sand ⏳ watch ⌚ alarm_clock ⏰ stopwatch ⏱️ timer_clock ⏲️ clock1 🕐 clock3 🕒 clock9 🕘 bell 🔔 no_bell 🔕
loudspeaker 📢 mega 📣 speech_balloon 💬 thought_balloon 💭 white_check_mark ✅ heavy_check_mark ✔️ ballot_box_with_check ☑️ x ❌
negative_squared_cross_mark ❎ heavy_plus_sign ➕ heavy_minus_sign ➖ bangbang ‼️ exclamation ❗ heavy_exclamation_mark ❗ question ❓ grey_question ❔
warning ⚠️ no_entry ⛔ no_entry_sign 🚫 octagonal_sign 🛑 rotating_light 🚨 construction 🚧 recycle ♻️ information_source ℹ️ new 🆕 ok 🆗 up 🆙 free 🆓
red_circle 🔴 large_orange_circle 🟠 large_yellow_circle 🟡 large_green_circle 🟢 large_blue_circle 🔵 large_purple_circle 🟣 white_circle ⚪
black_circle ⚫ white_large_square ⬜ black_large_square ⬛ large_green_square 🟩 large_yellow_square 🟨 large_red_square 🟥 small_blue_diamond 🔹
small_orange_diamond 🔸 arrow_right ➡️ arrow_left ⬅️ arrow_up ⬆️ arrow_down ⬇️ arrow_upper_right ↗️ arrow_lower_right ↘️ leftwards_arrow_with_hook ↩️
arrow_right_hook ↪️ arrow_forward ▶️ arrow_backward ◀️ double_vertical_bar ⏸️ black_square_for_stop ⏹️ fast_forward ⏩ rewind ⏪ repeat 🔁
arrows_counterclockwise 🔄 arrows_clockwise 🔃 one 1️⃣ two 2️⃣ three 3️⃣ four 4️⃣ five 5️⃣ six 6️⃣ seven 7️⃣ eight 8️⃣ nine 9️⃣ zero 0️⃣ keycap_ten 🔟
checkered_flag 🏁 triangular_flag_on_post 🚩 white_flag 🏳️ flag-us 🇺🇸 flag-gb 🇬🇧 flag-de 🇩🇪 flag-fr 🇫🇷 us 🇺🇸 gb 🇬🇧 de 🇩🇪 fr 🇫🇷 wave_dash 〰️ palm_tree 🌴
beach_with_umbrella 🏖️ desert_island 🏝️ luggage 🧳 world_map 🗺️ compass 🧭 magnet 🧲 shield 🛡️ scales ⚖️ technologist 🧑‍💻 detective 🕵️ person_in_tuxedo 🤵
rain 🌧️ sun_with_face 🌞 seedling2 🌱 wastebasket 🗑️ label 🏷️ abacus 🧮 receipt 🧾 gem 💎 crown 👑 tophat 🎩 mortar_board 🎓 briefcase 💼 handbag 👜
`;

const EMOJI = new Map();
const words = TABLE.trim().split(/\s+/);
for (let index = 0; index + 1 < words.length; index += 2) EMOJI.set(words[index], words[index + 1]);

/** The character for a name without colons, skin tones ignored; undefined if it is not known. */
export const emojiOf = (name) => EMOJI.get(String(name).split("::")[0]);

const NAMES = new Map([...EMOJI].reverse().map(([name, char]) => [char, name]));

/** The name of a character, without colons; undefined if it has none here. */
export const nameOfEmoji = (char) => NAMES.get(char) ?? NAMES.get(`${char}\uFE0F`) ?? NAMES.get(char.replace(/\uFE0F/g, ""));

/** Known shortcodes in plain text become characters; others stay as typed. */
export const emojify = (text) =>
  text.replace(/:([a-z0-9_+'-]+)(?:::skin-tone-[2-6])?:/g, (whole, name) => EMOJI.get(name) ?? whole);

/** Names that contain the query, those that begin with it first. */
export function searchEmoji(query, limit = 8) {
  const names = [...EMOJI.keys()].filter((name) => name.includes(query));
  return names.sort((a, b) => Number(b.startsWith(query)) - Number(a.startsWith(query))).slice(0, limit);
}

/** What the reaction picker offers. */
export const QUICK_REACTIONS = ["+1", "-1", "eyes", "white_check_mark", "x", "heart", "tada", "rocket", "fire", "joy", "thinking_face", "pray", "clap", "100", "wave", "warning"];
