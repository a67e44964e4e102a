/* replaced when the room is furnished */
typedef int hr_classroom_placeholder;
