/* replaced when the room is furnished */
typedef int hr_video_placeholder;
