# Written by make docs from the completion of the program. sgp --install-completion does the same for one user.
complete --command sgp --no-files --arguments "(env _SGP_COMPLETE=complete_fish _TYPER_COMPLETE_FISH_ACTION=get-args _TYPER_COMPLETE_ARGS=(commandline -cp) sgp)" --condition "env _SGP_COMPLETE=complete_fish _TYPER_COMPLETE_FISH_ACTION=is-args _TYPER_COMPLETE_ARGS=(commandline -cp) sgp"
