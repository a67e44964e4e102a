/* replaced when the room is furnished */
typedef int hr_roster_placeholder;
