(* SPDX-License-Identifier: BSL-1.0 *)
(** A channel with a buffer: a push and a pop under the lock. Who finds a waiter in line serves it: both operations happen then,
    at once, the push before the pop where the ring is empty, the pop before the push where it is full. *)
From iris.base_logic.lib Require Import invariants cancelable_invariants mono_nat ghost_var ghost_map.
From iris.program_logic Require Import atomic.
From iris.heap_lang Require Import proofmode notation.
From sluice Require chan_ring_push chan_ring_pop.
From sluice Require Import chan chan_ring_bars chan_wait.

Section locked.
  Context `{!heapGS Σ, !chanG Σ} (N : namespace) (n : nat) (lap : Z).
  Implicit Types (c : channel) (a w e : loc) (xs vs : list val) (m side ok waits : bool) (P : party) (L : list (loc * party)).
  Notation E := (⊤ ∖ ↑N).
  Notation chan_value := (chan_value n lap).
  Notation content c := (content (c_ring c)).
  Notation parties := (parties N n). Notation claimed := (claimed N n). Notation rings := (rings N n). Notation gives := (gives N n).
  Notation wants := (wants N n). Notation state := (state N n). Notation chan_inv := (chan_inv N n).
  Notation push_update := (push_update N n). Notation pop_update := (pop_update N).
  Notation is_buffer c := (is_ring (N .@ "ring") n lap (c_ring c)).
  Notation waiting := (waiting N n).

  Notation push_commit := (push_commit N n). Notation pop_commit := (pop_commit N). Notation pop_refuse := (pop_refuse N).

  (** ** Steps of the abstract state *)
  Lemma mask_buffer : (⊤ ∖ ↑N : coPset) ⊆ ⊤ ∖ ↑N .@ "ring".
  Proof. solve_ndisj. Qed.
  (** under the lock, where pushes are barred, a step of the abstract state needs no step of the program *)
  Lemma locked_step c s m m' (e : bool) Q :
    (m' = true → s ≠ None) → is_buffer c -∗ pushes_barred (c_ring c) (s, m) -∗
    (if e then ∃ t, ⌜s = Some t⌝ ∗ emptied (c_ring c) t else True) -∗
    (∀ vs, ⌜e = true → vs = []⌝ -∗ content c vs m ={E}=∗ content c vs m' ∗ Q) ={⊤}=∗ pushes_barred (c_ring c) (s, m') ∗ Q.
  Proof.
    iIntros (Hm) "[_ #I] Hp He HQ". iApply (content_step (N .@ "ring") n lap with "I Hp He"); first done.
    iIntros (vs) "He Hc". iApply (fupd_mask_mono E); first apply mask_buffer. iApply ("HQ" with "He Hc").
  Qed.

  (** ** push *)
  (** what an attempt leaves behind; "none" leaves who waits with what it wants, and nobody who pops in line *)
  Definition tried_push c waits v (Φ : val → iProp Σ) (x : answer) : iProp Σ :=
    match x with
    | unfinished => chan_inv c ∗ push_update c waits v Φ
    | none => (∃ Ls, state c false Ls []) ∗ if waits then push_update c waits v Φ else Φ #(code none)
    | _ => chan_inv c ∗ Φ #(code x)
    end.

  (** the element goes from the push to the pop in line, and is never seen inside by anybody else *)
  Lemma hands_over c t waits v Φ e Φ' :
    (0 < n)%nat → is_buffer c -∗ pushes_barred (c_ring c) (Some t, false) -∗ emptied (c_ring c) t -∗ push_update c waits v Φ -∗
    wants c false e Φ' ={⊤}=∗
    pushes_barred (c_ring c) (Some t, false) ∗ Φ #(code moved) ∗ Φ' (#(code moved), v)%V ∗ ∃ v, e ↦ v.
  Proof.
    iIntros (Hn) "#Hr Hp He AU Hw". iDestruct "Hw" as (v0) "[Hv AU']".
    iMod (locked_step c (Some t) false false true (Φ #(code moved) ∗ Φ' (#(code moved), v)%V) with "Hr Hp [He] [AU AU']")
      as "[$ [$ $]]"; [done|by iExists t; iFrame| |by iExists v0].
    iIntros (vs Hvs) "Hc". rewrite (Hvs eq_refl). iMod (push_commit _ _ _ _ moved with "AU Hc") as "[Hc $]"; first (split; [done|simpl; lia]).
    iApply (pop_commit with "AU' Hc").
  Qed.

  Lemma push_or_claim_spec c waits v Φ :
    {{{ is_buffer c ∗ chan_inv c ∗ push_update c waits v Φ }}} push_or_claim (chan_value c) v
    {{{ x s, RET ((#(code x), #()), ptr s); gives c v s ∗ tried_push c waits v Φ x }}}.
  Proof.
    iIntros (Ψ) "(#Hr & Hi & AU) HΨ". iDestruct "Hi" as (m Ls Lr) "(Hm & HLs & HLr & Hpb & Hqb & %HP)".
    iDestruct "Hpb" as (s) "(Hp & %Hs & He)". iDestruct "Hr" as "[%Hsh I]". pose proof Hsh as (Hn & _).
    iAssert (is_buffer c) as "#Hr"; first by iSplit.
    wp_lam. wp_pures. wp_lam. wp_pures. wp_load. wp_pures. destruct m; wp_pures.
    { iMod (locked_step c s true true false (Φ #(code closed)) with "Hr Hp [//] [AU]") as "[Hp HΦ]"; first naive_solver.
      { iIntros (vs _) "Hc". by iApply (push_commit _ _ _ _ closed with "AU Hc"). }
      iModIntro. iApply ("HΨ" $! closed None). iSplit; first done. iFrame "HΦ". iExists true, Ls, Lr. iFrame. iSplit; last done.
      iExists s. by iFrame. }
    wp_apply (take_spec with "HLr"). iIntros ([a|]) "H"; wp_pures; last first.
    { (* nobody in line: the ring *)
      iDestruct "H" as "[-> HLr]". assert (s = None) as -> by naive_solver.
      awp_apply (chan_ring_push.push_spec (N .@ "ring") n lap (c_ring c) (Some (None, false)) v with "Hr Hp").
      iApply (aacc_aupd with "AU"); first apply mask_buffer. iIntros (vs m) "Hc". iAaccIntro with "Hc".
      { iIntros "$ !> AU !>". iFrame. }
      iIntros (x) "(Hc & Hp & %Hx) !>". destruct x; [..|done|done].
      - iRight. iExists moved. iFrame "Hc". iSplit; first (iPureIntro; destruct Hx; split; [done|lia]). iIntros "HΦ !>". wp_pures. iApply ("HΨ" $! moved None). iModIntro.
        iSplit; first done. iFrame "HΦ". iExists false, Ls, []. iFrame. iSplit; last done. iExists None. by iFrame.
      - destruct waits.
        + iLeft. iFrame "Hc". iIntros "AU !>". wp_pures. iApply ("HΨ" $! none None). iModIntro. iSplit; first done. iFrame "AU".
          iExists Ls. iFrame. iSplit; last done. iExists None. by iFrame.
        + iRight. iExists none. iFrame "Hc". iSplit; first done. iIntros "HΦ !>". wp_pures. iApply ("HΨ" $! none None). iModIntro.
          iSplit; first done. iFrame "HΦ". iExists Ls. iFrame. iSplit; last done. iExists None. by iFrame.
      - iLeft. iFrame "Hc". iIntros "AU !>". wp_pures. iApply ("HΨ" $! unfinished None). iModIntro. iSplit; first done.
        iFrame "AU". iExists false, Ls, []. iFrame. iSplit; last done. iExists None. by iFrame.
      - by destruct (Hx _ eq_refl). }
    iDestruct "H" as (P L' Φ' ->) "(HLr & Hcl & Hsv & Hw)". iDestruct "He" as "[%|He]"; first done.
    iDestruct "He" as (t ->) "#He". destruct HP as [_ [->|?]]; last done.
    iMod (hands_over with "Hr Hp He AU Hw") as "(Hp & HΦ & HΦ' & Hv)"; first done. iDestruct "Hv" as (v0) "Hv".
    wp_apply (line_empty with "HLr"). iIntros "HLr".
    wp_bind (If _ _ _). iApply (wp_wand _ _ _ (λ _, push_bar c false L')%I with "[Hp]").
    { case_bool_decide as HL'; wp_pures.
      - wp_apply (let_pushes_spec with "[$I $Hp]"). iIntros "Hp". iExists None. iFrame. iSplit; first (by iPureIntro). by iLeft.
      - iModIntro. iExists (Some t). iFrame. iSplit; first (iPureIntro; naive_solver). iRight. iExists t. by iFrame "He". }
    iIntros (?) "Hpb". wp_pures.
    iApply ("HΨ" $! moved (Some a)). iModIntro. iSplitR "HΦ Hm HLs HLr Hpb Hqb".
    { iExists P, Φ', v0. iFrame. }
    iFrame "HΦ". iExists false, [], L'. iFrame. iPureIntro. naive_solver.
  Qed.

  (** ** pop *)
  Definition tried_pop c waits (Φ : val → iProp Σ) (x : answer) (v : val) : iProp Σ :=
    match x with
    | unfinished => chan_inv c ∗ pop_update c waits Φ
    | none => ⌜v = #()⌝ ∗ (∃ Lr, state c false [] Lr) ∗ if waits then pop_update c waits Φ else Φ (#(code none), #())%V
    | _ => chan_inv c ∗ Φ (#(code x), v)%V
    end.

  Lemma pop_locked_spec c waits Φ :
    {{{ is_buffer c ∗ chan_inv c ∗ pop_update c waits Φ }}} pop_locked (chan_value c)
    {{{ x v s, RET ((#(code x), v), ptr s); rings c s ∗ tried_pop c waits Φ x v }}}.
  Proof.
    iIntros (Ψ) "(#Hr & Hi & AU) HΨ". iDestruct "Hi" as (m Ls Lr) "(Hm & HLs & HLr & Hpb & Hqb & %HP)".
    iDestruct "Hr" as "[%Hsh I]". pose proof Hsh as (Hn & _). iAssert (is_buffer c) as "#Hr"; first by iSplit.
    wp_lam. wp_pures. wp_apply (line_empty with "HLs"). iIntros "HLs". case_bool_decide as HLs; wp_pures.
    { (* nobody in line: the ring *)
      subst Ls. iDestruct "Hpb" as (s) "(Hp & %Hs & He)".
      awp_apply (chan_ring_pop.pop_spec (N .@ "ring") n lap (c_ring c) (Some (s, m)) with "Hr [$Hp $Hqb]").
      iApply (aacc_aupd with "AU"); first apply mask_buffer. iIntros (vs m') "Hc". iAaccIntro with "Hc".
      { iIntros "$ !> AU !>". iFrame. }
      iIntros (x) "(Hx & Hp & Hqb) !>".
      destruct x as [u|x].
      { iDestruct "Hx" as (rest ->) "Hc". iRight. iExists (Got u). iSplitL "Hc"; first (iExists rest; by iFrame).
        iIntros "HΦ !>". wp_pures. iApply ("HΨ" $! moved u None). iModIntro. iSplit; first done. iFrame "HΦ".
        iExists m, [], Lr. iFrame. iSplit; last done. iExists s. by iFrame. }
      iDestruct "Hx" as "[Hc Hx]". destruct x; try (by iDestruct "Hx" as %[]).
      - iDestruct "Hx" as %(-> & -> & Hm). assert (m = false) as -> by (symmetry; apply (Hm _ eq_refl)).
        iAssert (state c false [] Lr) with "[Hm HLs HLr Hqb Hp He]" as "Hs".
        { iFrame. iSplit; last done. iExists s. by iFrame. }
        destruct waits.
        + iLeft. iFrame "Hc". iIntros "AU !>". wp_pures. iApply ("HΨ" $! none #() None). iModIntro. iSplit; first done.
          iSplit; first done. iFrame "AU". iExists Lr. by iFrame.
        + iRight. iExists (Not none). iFrame "Hc". iSplit; first done. iIntros "HΦ !>". wp_pures.
          iApply ("HΨ" $! none #() None). iModIntro. iSplit; first done. iSplit; first done. iFrame "HΦ". iExists Lr. by iFrame.
      - iClear "Hx". iLeft. iFrame "Hc". iIntros "AU !>". wp_pures. iApply ("HΨ" $! unfinished #() None). iModIntro.
        iSplit; first done. iFrame "AU". iExists m, [], Lr. iFrame. iSplit; last done. iExists s. by iFrame.
      - iDestruct "Hx" as %Hx. destruct (Hx _ eq_refl) as [-> Hm]. simpl in Hm. subst m'. destruct m.
        + iRight. iExists (Not closed). iFrame "Hc". iSplit; first done. iIntros "HΦ !>". wp_pures. wp_lam. wp_pures. wp_load. wp_pures.
          iApply ("HΨ" $! closed #() None). iModIntro. iSplit; first done. iFrame "HΦ". iExists true, [], Lr. iFrame.
          iSplit; last done. iExists s. by iFrame.
        + iAssert (pushes_barred (c_ring c) (s, false) -∗ pops_barred (c_ring c) (None, false) -∗ c_nature c ↦ #(Z.b2z false) -∗
            state c false [] Lr)%I with "[HLs HLr He]" as "Hs".
          { iIntros "Hp Hqb Hm". iFrame. iSplit; last done. iExists s. by iFrame. }
          destruct waits.
          * iLeft. iFrame "Hc". iIntros "AU !>". wp_pures. wp_lam. wp_pures. wp_load. wp_pures.
            iApply ("HΨ" $! none #() None). iModIntro. iSplit; first done. iSplit; first done. iFrame "AU". iExists Lr.
            iApply ("Hs" with "Hp Hqb Hm").
          * iRight. iExists (Not none). iFrame "Hc". iSplit; first done. iIntros "HΦ !>". wp_pures. wp_lam. wp_pures. wp_load. wp_pures.
            iApply ("HΨ" $! none #() None). iModIntro. iSplit; first done. iSplit; first done. iFrame "HΦ". iExists Lr.
            iApply ("Hs" with "Hp Hqb Hm"). }
    destruct Ls as [|y Ls]; first done. destruct HP as [HP [?| ->]]; first done.
    assert (m = false) as -> by (destruct m; [by destruct HP|done]).
    iDestruct "Hpb" as (s) "(Hp & %Hs & He)". assert (s = None) as -> by naive_solver. iDestruct "Hqb" as (h) "[Hq #Hfull]".
    wp_apply (front_is_filled_spec with "[$I $Hq]"); first done. iIntros ([]) "[Hq Hfront]"; wp_pures; last first.
    { iApply ("HΨ" $! unfinished #() None). iModIntro. iSplit; first done. iFrame "AU".
      iDestruct (push_bar_intro c None false [] with "Hp He") as "Hpb"; first done.
      iApply (chan_inv_intro N n with "Hm HLs HLr Hpb [Hq]"); [done|by right|]. iExists h. by iFrame "Hq Hfull". }
    wp_apply (take_spec with "HLs"). iIntros ([a|]) "H"; last by iDestruct "H" as "[% _]".
    iDestruct "H" as (P L' Φ' Heq) "(HLs & Hcl & Hsv & Hw)". injection Heq as -> <-. wp_pures.
    iDestruct "Hcl" as "(#Iw & Hqw & Hst & Ha & Hf)". iDestruct "Hw" as (v) "[Hv AU']". wp_load. wp_pures. wp_load. wp_pures.
    wp_apply (exchange_front_spec (N .@ "ring") n lap (c_ring c) h v (λ u, Φ (#(code moved), u)%V ∗ Φ' #(code moved))%I
      with "[$I $Hp $Hq $Hfull $Hfront AU AU']"); first done.
    { iIntros (u rest) "%Hlen Hc". iApply (fupd_mask_mono E); first apply mask_buffer.
      iMod (pop_commit with "AU Hc") as "[Hc $]". iApply (push_commit _ _ _ _ moved with "AU' Hc"). split; [done|lia]. }
    iIntros (u) "(Hp & Hq & #Hfull' & HΦ & HΦ')". wp_pures. wp_store. wp_pures. wp_apply (line_empty with "HLs"). iIntros "HLs".
    wp_bind (If _ _ _). iApply (wp_wand _ _ _ (λ _, pop_bar n c Ls)%I with "[Hq]").
    { case_bool_decide as HL'; wp_pures.
      - subst Ls. wp_apply (let_pops_spec with "[$I $Hq]"). iIntros "Hq". iExact "Hq".
      - iModIntro. destruct Ls; first done. iExists (S h). by iFrame "Hq Hfull'". }
    iIntros (?) "Hqb". wp_pures. iApply ("HΨ" $! moved u (Some a)). iModIntro. iSplitL "Hqw Hst Ha Hf Hsv HΦ' Hv".
    { iExists true, P, Φ', true. iFrame "Iw Hqw Hst Ha Hf Hsv". iExists v. iFrame. }
    iFrame "HΦ". iApply (chan_inv_intro N n c false Ls [] with "Hm HLs HLr [Hp] Hqb"); [done|by right|].
    iApply (push_bar_intro with "Hp"); [done|by iLeft].
  Qed.

  (** ** Into a line: "none" is so still, in the very step that sets the bar *)
  Lemma line_up_sender_spec c Ls a w e v Φ :
    {{{ is_buffer c ∗ state c false Ls [] ∗ (a +ₗ 0) ↦ ((#w, #0), #e) ∗ alone a ∗ (a +ₗ 3) ↦ #false ∗ (w +ₗ 1) ↦ #silent ∗
        e ↦ v ∗ push_update c true v Φ }}}
      line_up_sender (chan_value c) #a
    {{{ (b : bool), RET #b; chan_inv c ∗ if b then ∃ P, ⌜p_waiter P = w ∧ p_element P = e⌝ ∗ waiting c true a P Φ
        else (a +ₗ 0) ↦ ((#w, #0), #e) ∗ alone a ∗ (a +ₗ 3) ↦ #false ∗ (w +ₗ 1) ↦ #silent ∗ e ↦ v ∗ push_update c true v Φ }}}.
  Proof.
    iIntros (Ψ) "([%Hsh #I] & (Hm & HLs & HLr & Hpb & Hqb & %HP) & Hf & Ha & Hsv & Hb & Hv & AU) HΨ". wp_lam. wp_pures.
    iDestruct "Hpb" as (s) "(Hp & %Hs & He)". assert (s = None) as -> by naive_solver.
    iAssert (∃ s, pops_barred (c_ring c) (s, false) ∗ (pops_barred (c_ring c) (s, false) -∗ pop_bar n c Ls))%I with "[Hqb]" as (s) "[Hq Hqb]".
    { destruct Ls; first (iExists None; iFrame; by iIntros). iDestruct "Hqb" as (h) "[Hq #Hfull]". iExists (Some h). iFrame.
      iIntros "Hq". iExists h. by iFrame. }
    wp_apply (bar_pops_if_full_spec with "[$I $Hp $Hq]"); first done. iIntros ([]) "[Hp Hq]"; wp_pures; last first.
    { iApply "HΨ". iModIntro. iFrame "Hf Ha Hsv Hb Hv AU". iExists false, Ls, []. iFrame. iSplitL "Hp He"; first (iExists None; by iFrame).
      iSplit; last done. by iApply "Hqb". }
    wp_apply (append_party with "[$HLs $Hf $Ha $Hsv $Hb Hv AU]"); first (iExists v; iFrame).
    iIntros (P) "(%HPw & HLs & Hw)". wp_pures. iApply "HΨ". iModIntro. iSplitR "Hw"; last (iExists P; by iFrame).
    iExists false, (Ls ++ [(a, P)]), []. iFrame. iSplitL "Hp He"; first (iExists None; by iFrame).
    iSplit; last (iPureIntro; naive_solver). iDestruct "Hq" as (h) "[Hq Hfull]". destruct Ls; iExists h; iFrame.
  Qed.
  Lemma line_up_receiver_spec c Lr a w e v Φ :
    {{{ is_buffer c ∗ state c false [] Lr ∗ (a +ₗ 0) ↦ ((#w, #0), #e) ∗ alone a ∗ (a +ₗ 3) ↦ #false ∗ (w +ₗ 1) ↦ #silent ∗
        e ↦ v ∗ pop_update c true Φ }}}
      line_up_receiver (chan_value c) #a
    {{{ (b : bool), RET #b; chan_inv c ∗ if b then ∃ P, ⌜p_waiter P = w ∧ p_element P = e⌝ ∗ waiting c false a P Φ
        else (a +ₗ 0) ↦ ((#w, #0), #e) ∗ alone a ∗ (a +ₗ 3) ↦ #false ∗ (w +ₗ 1) ↦ #silent ∗ e ↦ v ∗ pop_update c true Φ }}}.
  Proof.
    iIntros (Ψ) "([%Hsh #I] & (Hm & HLs & HLr & Hpb & Hqb & %HP) & Hf & Ha & Hsv & Hb & Hv & AU) HΨ". wp_lam. wp_pures.
    iDestruct "Hpb" as (s) "(Hp & %Hs & He)".
    wp_apply (bar_pushes_if_empty_spec with "[$I $Hp $Hqb]"); first done. iIntros ([]) "[Hqb Hp]"; wp_pures; last first.
    { iApply "HΨ". iModIntro. iFrame "Hf Ha Hsv Hb Hv AU". iExists false, [], Lr. iFrame. iSplit; last done. iExists s. by iFrame. }
    wp_apply (append_party with "[$HLr $Hf $Ha $Hsv $Hb Hv AU]"); first (iExists v; iFrame).
    iIntros (P) "(%HPw & HLr & Hw)". wp_pures. iApply "HΨ". iModIntro. iSplitR "Hw"; last (iExists P; by iFrame).
    iExists false, [], (Lr ++ [(a, P)]). iFrame. iSplitL "Hp"; last (iPureIntro; naive_solver).
    iDestruct "Hp" as (t) "[Hp #He']". iExists (Some t). iFrame. iSplit; last (iRight; iExists t; by iFrame "He'").
    iPureIntro. split; first done. intros [?%app_nil _]. naive_solver.
  Qed.

  (** ** And out of it, by who gives up; who leaves last lifts the bar *)
  Lemma leave_senders_spec c a P Φ :
    {{{ is_buffer c ∗ chan_inv c ∗ waiting c true a P Φ }}} leave_senders (chan_value c) #a
    {{{ (b : bool), RET #b; chan_inv c ∗ if b then frame a (p_waiter P) ∗ wants c true (p_element P) Φ else waiting c true a P Φ }}}.
  Proof.
    iIntros (Ψ) "([%Hsh #I] & Hi & Hw) HΨ". iDestruct "Hi" as (m Ls Lr) "(Hm & HLs & HLr & Hpb & Hqb & %HP)".
    wp_lam. wp_pures. wp_apply (leave_spec with "[$HLs $Hw]"). iIntros ([]) "H"; wp_pures; last first.
    { iDestruct "H" as "[HLs Hw]". iApply "HΨ". iModIntro. iFrame "Hw". iExists m, Ls, Lr. by iFrame. }
    iDestruct "H" as (A B ->) "(HLs & Hf & Hw)". iAssert (∃ h, pops_barred (c_ring c) (Some h, false) ∗ filled_up n (c_ring c) h)%I
      with "[Hqb]" as (h) "[Hq #Hfull]"; first by destruct A.
    destruct HP as [HP1 [HP2| ->]]; first by destruct A.
    assert (m = false) as -> by (destruct m; [destruct HP1; [done|by destruct A]|done]).
    wp_apply (line_empty with "HLs"). iIntros "HLs". wp_bind (If _ _ _).
    iApply (wp_wand _ _ _ (λ _, pop_bar n c (A ++ B))%I with "[Hq]").
    { case_bool_decide as HL; wp_pures.
      - rewrite HL. wp_apply (let_pops_spec with "[$I $Hq]"). iIntros "Hq". iExact "Hq".
      - iModIntro. destruct (A ++ B); first done. iExists h. by iFrame "Hq Hfull". }
    iIntros (?) "Hqb". wp_pures. iApply "HΨ". iModIntro. iFrame "Hf Hw". iExists false, (A ++ B), []. iFrame. iPureIntro. naive_solver.
  Qed.
  Lemma leave_receivers_spec c a P Φ :
    {{{ is_buffer c ∗ chan_inv c ∗ waiting c false a P Φ }}} leave_receivers (chan_value c) #a
    {{{ (b : bool), RET #b; chan_inv c ∗ if b then frame a (p_waiter P) ∗ wants c false (p_element P) Φ else waiting c false a P Φ }}}.
  Proof.
    iIntros (Ψ) "([%Hsh #I] & Hi & Hw) HΨ". iDestruct "Hi" as (m Ls Lr) "(Hm & HLs & HLr & Hpb & Hqb & %HP)".
    wp_lam. wp_pures. wp_apply (leave_spec with "[$HLr $Hw]"). iIntros ([]) "H"; wp_pures; last first.
    { iDestruct "H" as "[HLr Hw]". iApply "HΨ". iModIntro. iFrame "Hw". iExists m, Ls, Lr. by iFrame. }
    iDestruct "H" as (A B ->) "(HLr & Hf & Hw)". iDestruct "Hpb" as (s) "(Hp & %Hs & [%He|He])"; first by destruct A.
    iDestruct "He" as (t ->) "#He". destruct HP as [HP1 [->|HP2]]; last by destruct A.
    assert (m = false) as -> by (destruct m; [destruct HP1; [done|by destruct A]|done]).
    wp_apply (line_empty with "HLr"). iIntros "HLr". wp_bind (If _ _ _).
    iApply (wp_wand _ _ _ (λ _, push_bar c false (A ++ B))%I with "[Hp]").
    { case_bool_decide as HL; wp_pures.
      - rewrite HL. wp_apply (let_pushes_spec with "[$I $Hp]"). iIntros "Hp". iExists None. iFrame. iSplit; first done. by iLeft.
      - iModIntro. iExists (Some t). iFrame. iSplit; first (iPureIntro; naive_solver). iRight. iExists t. by iFrame "He". }
    iIntros (?) "Hpb". wp_pures. iApply "HΨ". iModIntro. iFrame "Hf Hw". iExists false, [], (A ++ B). iFrame. iPureIntro. naive_solver.
  Qed.
End locked.
