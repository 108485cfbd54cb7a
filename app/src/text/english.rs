//! The fixed words in English.

use super::words::Words;

pub static ENGLISH: Words = Words {
    tagline: "Browser to browser. No account, no server that reads along.",
    language: "Language",
    dismiss: "Dismiss",
    close: "Close",
    reload: "Reload the page",
    notices: "Notices",

    start_heading: "Start a room",
    start_lead: "Make a room, send its link to somebody, and talk. Messages travel straight from \
                 your browser to theirs.",
    your_name: "Your name",
    your_name_hint: "Others see it beside a mark that is made from your key.",
    room_name: "Name of the room",
    room_name_hint: "So that you find it again.",
    optional: "optional",
    create: "Create room",
    creating: "Creating the room…",
    your_rooms: "Your rooms",
    unnamed_room: "Room without a name",

    good_to_know: "Good to know",
    fact_history: "Newcomers see earlier messages.",
    fact_history_more: "Whoever joins later can read what was said before.",
    fact_tabs: "Two tabs are one member.",
    fact_tabs_more: "All tabs of this browser speak with one voice in a room.",
    fact_open: "Nothing arrives while no page is open.",
    fact_open_more: "What you write is kept here and goes out when somebody is back.",

    join_heading: "You are invited",
    join_lead: "Somebody has sent you the way into a room. Give yourself a name and come in.",
    join: "Join the room",
    joining: "Joining the room…",
    not_now: "Not now",
    who_sees_what: "Who sees what",
    members_see: "Members of the room",
    members_see_what: "see your name, your messages, when you are online, and the network \
                       addresses of your device.",
    server_sees: "The server that introduces you",
    server_sees_what: "sees your address, and when and with whom your browser meets. It never \
                       sees a message, a name or a key.",
    link_holders: "Whoever has the link",
    link_holders_see: "can join and read all that was said, also before they came.",

    opening: "Opening the room…",
    all_rooms: "All rooms",
    members: "Members",
    member_count: |count| match count {
        1 => "1 member".to_owned(),
        _ => format!("{count} members"),
    },
    member_count_label: |count| match count {
        1 => "Members: 1. Show them".to_owned(),
        _ => format!("Members: {count}. Show them"),
    },
    you: "you",
    founder: "founder",
    online: "online",
    away: "away",
    nameless: "Somebody without a name",
    mark_title: "Made from this member's key. Two members can have one name, but not one mark.",
    change_name: "Change your name",
    change_room_name: "Change the room's name",
    save: "Save",
    forget: "Forget",
    forget_sure: "Really forget?",
    forget_title: "No longer wait for this member before a message counts as delivered",

    invite: "Invite",
    invite_heading: "Invite somebody",
    invite_lead: "Whoever opens this link can join, and read what was said before. Send it only \
                  to people you want here.",
    invite_link: "Invite link",
    copy: "Copy link",
    copied: "Copied",
    copy_by_hand: "Selected: copy it with your keyboard",
    local_invite: "This link works on this machine only, because the page was opened as \
                   localhost. For other devices, open the page under an address of this machine \
                   (cargo xtask serve --tls --listen 0.0.0.0:8443 prints one) and invite from \
                   there.",
    nobody_heading: "Nobody else is here yet",
    nobody_lead: "Send this link to somebody, or open it in another browser. You can write \
                  already: what you say waits here until they come.",
    quiet_heading: "Nothing has been said yet",
    quiet_lead: "Write the first message.",

    messages: "Messages",
    load_older: "Show older messages",
    loading_older: "Loading older messages…",
    beginning: "This is where the room begins.",
    to_newest: "To the newest message",
    unread: |count| match count {
        1 => "1 new message".to_owned(),
        _ => format!("{count} new messages"),
    },
    announce_one: |name, text| format!("{name}: {text}"),
    announce_many: |count| format!("{count} new messages"),
    late: "arrived late",
    late_title: "It was written earlier and came only now.",
    late_above: |count| match count {
        1 => "1 message arrived late, further up".to_owned(),
        _ => format!("{count} messages arrived late, further up"),
    },
    body_gone: "This message is gone.",
    body_newer: "This message was written by a newer version of Confab. Reload to update.",
    body_unreadable: "This message is genuine, but cannot be opened.",
    edit_again: "Edit",
    discard: "Discard",
    today: "Today",
    yesterday: "Yesterday",

    composer: "Message",
    composer_placeholder: "Write a message",
    composer_keys: "Enter sends, Shift+Enter starts a new line.",
    send: "Send",
    priority: "Priority",
    urgent: "Urgent",
    normal: "Normal",
    low: "Low",

    waiting: "waiting",
    waiting_title: "Messages of yours that nobody else holds yet. They are kept here, also when \
                    you close the page.",
    leads: "This tab does the work for all tabs of this browser.",
    follows: "Another tab of this browser does the work; this one shows the same.",
    lead_unknown: "The tabs are still deciding which of them does the work.",
    connection: "Connection",
    missing_one: |count, author| match count {
        1 => format!("1 message from {author} is missing."),
        _ => format!("{count} messages from {author} are missing."),
    },
    missing_asking: |count, author, holder| match count {
        1 => format!("1 message from {author} is missing, asking {holder}."),
        _ => format!("{count} messages from {author} are missing, asking {holder}."),
    },
};
