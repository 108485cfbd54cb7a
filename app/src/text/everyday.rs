//! The words of what one does every day from the keyboard: commands by name, and what keys do. Both
//! languages stand here side by side; what is looked for by name is found in either.

use browser::{MemberId, RoomId, RoomSummary};

use super::{Language, Words, called};
use crate::chat::{ChatState, Choice, DeviceQuestion, Offer, Wish, meant};

/// See the module.
pub struct Everyday {
    pub palette: &'static str,
    pub palette_hint: &'static str,
    pub palette_keys: &'static str,
    pub a_room: &'static str,
    pub a_member: &'static str,
    pub a_command: &'static str,
    pub write: &'static str,
    pub show_members: &'static str,
    pub shortcuts: &'static str,
    pub completions: &'static str,
    pub emoji: &'static str,
    pub emoji_hint: &'static str,
    pub emoji_coming: &'static str,
    pub no_emoji: &'static str,
    pub groups: &'static str,
    pub emoji_groups: [&'static str; 9],
    pub names_you: &'static str,
    pub copy_words: &'static str,
    pub forward: &'static str,
    pub forward_hint: &'static str,
    pub scan: &'static str,
    pub scan_more: &'static str,
    pub share: &'static str,
    pub show_queue: &'static str,
    pub notifications: &'static str,
    /// How a message goes: how urgent it is, and how it is delivered.
    pub manner: &'static str,
    pub when_idle: &'static str,
    pub at_a_time: &'static str,
    pub at_label: &'static str,
    pub at_unset: [&'static str; 2],
    pub at_past: [&'static str; 2],
    pub at_far: [&'static str; 2],
    pub nothing_waits: &'static str,
    pub still_wait: fn(u64) -> String,
    pub pause: &'static str,
    pub go_on: &'static str,
    pub lane_in_flight: [&'static str; 2],
    pub new_below: &'static str,
    pub more_new_above: &'static str,
    pub being_saved: &'static str,
    /// What keys do: where, and what there.
    pub keys: &'static [(&'static str, &'static [Keys])],
}

/// Keys that are pressed together, and what follows.
pub type Keys = (&'static [&'static str], &'static str);

pub const ENGLISH: Everyday = Everyday {
    palette: "Commands",
    palette_hint: "A room, a member, or what you want to do",
    palette_keys: "Arrows choose, Enter goes there, Escape closes.",
    a_room: "Room",
    a_member: "Member",
    a_command: "Command",
    write: "Write a message",
    show_members: "Show the members",
    shortcuts: "Keyboard shortcuts",
    completions: "Completions",
    emoji: "Emoji",
    emoji_hint: "An emoji by its name",
    emoji_coming: "The emoji are being loaded…",
    no_emoji: "The emoji could not be loaded: the server cannot be reached. Try again later.",
    groups: "Groups",
    emoji_groups: [
        "Smileys",
        "People",
        "Nature",
        "Food",
        "Places",
        "Activities",
        "Objects",
        "Symbols",
        "Flags",
    ],
    names_you: "names you",
    copy_words: "Copy the words",
    forward: "Say it in another room",
    forward_hint: "Find a room",
    scan: "As a code to scan",
    scan_more: "A phone's camera that reads it opens the invite.",
    share: "Share…",
    show_queue: "Show what waits",
    notifications: "Notifications",
    manner: "How it is sent",
    when_idle: "When idle",
    at_a_time: "At a time of your choice…",
    at_label: "Send it at",
    at_unset: ["No time is chosen.", "Choose a date and a time, or another delivery."],
    at_past: ["This time is over.", "Choose a later one."],
    at_far: ["This is more than a year away.", "Choose an earlier time."],
    nothing_waits: "Safe to close: nothing waits",
    still_wait: |count| {
        Language::English.counted(
            count,
            "# message waits: keep this open",
            "# messages wait: keep this open",
        )
    },
    pause: "Pause sending",
    go_on: "Go on sending",
    lane_in_flight: ["Out", "On the way: sent, and not known to have come"],
    new_below: "New messages",
    more_new_above: "New messages, and more of them further up",
    being_saved: "Not all is saved yet: keep this open",
    keys: &[
        (
            "Everywhere",
            &[
                (&["Ctrl", "K"], "Rooms, members and commands by name (⌘ K on a Mac)"),
                (&["?"], "This list, while you are not typing"),
                (&["Esc"], "Close what is open"),
            ],
        ),
        (
            "While you write",
            &[
                (&["Enter"], "Send"),
                (&["Shift", "Enter"], "A new line"),
                (&["↑"], "Edit your last message, while nothing is written"),
                (&[":"], "Emoji by their shortcodes, as in :tada:"),
                (&["@"], "Members by their names"),
                (&["Esc"], "Give up editing or replying"),
            ],
        ),
        (
            "While you search",
            &[
                (&["Enter"], "To the next hit further up"),
                (&["Shift", "Enter"], "To the next hit further down"),
            ],
        ),
    ],
};

pub const CHINESE: Everyday = Everyday {
    palette: "命令",
    palette_hint: "房间、成员，或想做的事",
    palette_keys: "方向键选择，回车前往，Esc 关闭。",
    a_room: "房间",
    a_member: "成员",
    a_command: "命令",
    write: "写消息",
    show_members: "显示成员",
    shortcuts: "键盘快捷键",
    completions: "补全",
    emoji: "表情符号",
    emoji_hint: "按英文名称查找表情",
    emoji_coming: "正在加载表情符号…",
    no_emoji: "无法加载表情符号：连不上服务器。请稍后再试。",
    groups: "分组",
    emoji_groups: ["笑脸", "人物", "自然", "食物", "地点", "活动", "物品", "符号", "旗帜"],
    names_you: "提到了你",
    copy_words: "复制文字",
    forward: "转到其他房间",
    forward_hint: "查找房间",
    scan: "显示为二维码",
    scan_more: "用手机相机扫描即可打开邀请。",
    share: "分享…",
    show_queue: "显示等待中的消息",
    notifications: "通知",
    manner: "怎样发送",
    when_idle: "空闲时",
    at_a_time: "在指定时间…",
    at_label: "发送时间",
    at_unset: ["尚未选择时间。", "请选择日期和时间，或改用其他发送方式。"],
    at_past: ["这个时间已过。", "请选择更晚的时间。"],
    at_far: ["这个时间在一年以后。", "请选择更早的时间。"],
    nothing_waits: "可以关闭：没有你的消息在等待",
    still_wait: |count| {
        let words = "# 条消息在等待：请保持打开";
        Language::Chinese.counted(count, words, words)
    },
    pause: "暂停发送",
    go_on: "恢复发送",
    lane_in_flight: ["途中", "已发出，尚不知是否到达"],
    new_below: "新消息",
    more_new_above: "新消息，上方还有更多",
    being_saved: "你写的内容还没有全部保存：请保持打开",
    keys: &[
        (
            "任何地方",
            &[
                (&["Ctrl", "K"], "按名称查找房间、成员和命令（Mac 上为 ⌘ K）"),
                (&["?"], "显示此列表（不在输入时）"),
                (&["Esc"], "关闭打开的窗口"),
            ],
        ),
        (
            "写消息时",
            &[
                (&["Enter"], "发送"),
                (&["Shift", "Enter"], "换行"),
                (&["↑"], "未写内容时，编辑自己的上一条消息"),
                (&[":"], "按短代码输入表情，如 :tada:"),
                (&["@"], "按名字提到成员"),
                (&["Esc"], "放弃编辑或回复"),
            ],
        ),
        ("搜索时", &[(&["Enter"], "到更早的下一条"), (&["Shift", "Enter"], "到更新的下一条")]),
    ],
};

/// A name for tests, the words of the button, and what it does.
pub fn choice(choice: Choice, words: &Words) -> [&'static str; 3] {
    match choice {
        Choice::Compare => ["compare", words.compare, words.compare_more],
        Choice::Mute => ["mute-member", words.mute_member, words.mute_member_more],
        Choice::Unmute => ["unmute-member", words.unmute_member, words.unmute_member_more],
        Choice::Block => ["block", words.block, words.block_more],
        Choice::Unblock => ["unblock", words.unblock, words.unblock_more],
        Choice::Promote => ["promote", words.promote, words.promote_more],
        Choice::Demote => ["demote", words.demote, words.demote_more],
        Choice::Forget => ["forget", words.forget, words.forget_title],
        Choice::Remove => ["remove", words.remove, words.remove_more],
    }
}

impl Language {
    /// What the palette lists for what was typed: each with the name by which it is shown.
    pub fn palette(self, state: &ChatState, typed: &str) -> Vec<(Offer, String)> {
        let others = || Language::ALL.into_iter().filter(move |other| *other != self);
        let is_mine = |offer: &Offer| *offer == Offer::Wish(Wish::Speak(self));
        let offers = state.offers().into_iter().filter(|offer| !is_mine(offer)).map(|offer| {
            let names = std::iter::once(self).chain(others());
            (offer, names.map(|language| language.offer(state, offer)).collect())
        });
        meant(&offers.collect::<Vec<_>>(), typed)
    }

    /// What it is, in one word.
    pub fn kind_of(self, offer: Offer) -> &'static str {
        let words = &self.words().everyday;
        match offer {
            Offer::Room(_) | Offer::Forward(..) => words.a_room,
            Offer::Member(_) | Offer::Choice(..) => words.a_member,
            Offer::Wish(_) => words.a_command,
        }
    }

    fn offer(self, state: &ChatState, offer: Offer) -> String {
        let words = self.words();
        let member = |member: MemberId| called(member, words, &state.room.members);
        match offer {
            Offer::Room(room) | Offer::Forward(_, room) => self.room_name(&state.rooms, room),
            Offer::Member(of) => (words.choices_of)(&member(of)),
            Offer::Choice(of, does) => {
                let [_, does, _] = choice(does, words);
                (words.line_of)(does, &member(of))
            }
            Offer::Wish(wish) => self.wish(wish),
        }
    }

    /// What a room of this device is called, or words for the lack of a name.
    pub fn room_name(self, rooms: &[RoomSummary], room: RoomId) -> String {
        let summary = rooms.iter().find(|summary| summary.room == room);
        match summary.map_or("", |summary| summary.name.as_str()) {
            "" => self.words().unnamed_room.to_owned(),
            name => name.to_owned(),
        }
    }

    fn wish(self, wish: Wish) -> String {
        let words = self.words();
        let said = match wish {
            Wish::Write => words.everyday.write,
            Wish::Search => words.search,
            Wish::SearchEverywhere => self.searching().everywhere_command,
            Wish::Invite => words.invite_heading,
            Wish::Members => words.everyday.show_members,
            Wish::Queue => words.everyday.show_queue,
            Wish::Connections => self.connections().open,
            Wish::Notifications => words.everyday.notifications,
            Wish::Mute(on) => return self.of_room(if on { words.mute } else { words.unmute }),
            Wish::Archive(true) => return self.of_room(words.archive),
            Wish::Archive(false) => return self.of_room(words.unarchive),
            Wish::Leave => words.leave,
            Wish::NewRoom => words.start_heading,
            Wish::AllRooms => words.all_rooms,
            Wish::Device(DeviceQuestion::Choices) => words.this_device,
            Wish::Device(DeviceQuestion::Passphrase) => words.guard,
            Wish::Device(DeviceQuestion::Export) => words.export,
            Wish::Device(DeviceQuestion::Import) => words.import,
            Wish::Device(DeviceQuestion::Wipe) => words.wipe,
            Wish::Lock => words.lock_now,
            Wish::Speak(language) => return (words.line_of)(words.language, language.name()),
            Wish::Shortcuts => words.everyday.shortcuts,
        };
        said.to_owned()
    }

    /// Of the room that is shown: elsewhere the same words stand under its name.
    fn of_room(self, does: &str) -> String {
        (self.words().line_of)(self.words().everyday.a_room, does)
    }
}
